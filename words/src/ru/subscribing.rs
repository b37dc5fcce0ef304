/// What somebody says who asks for letters; without topics, about those that they have chosen where it stands.
pub(crate) fn wording(owner: &str, topics: &[&str]) -> String {
    // A name is told as it is, as nobody knows how it is declined.
    let from = if owner.is_empty() { String::new() } else { format!(" Отправитель: {owner}.") };
    let about: Vec<String> = topics.iter().map(|title| format!("«{title}»")).collect();
    let about = if about.is_empty() {
        "выбранных здесь рубрик".to_owned()
    } else {
        format!("рубрик: {}", about.join(", "))
    };
    format!("Я хочу получать письма {about}.{from} Я могу отписаться в любой момент по ссылке в каждом письме.")
}
