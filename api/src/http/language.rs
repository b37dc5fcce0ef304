//! Which language a request's sender reads.

use axum::http::{HeaderMap, header};
use domain::Language;

/// The language that `Accept-Language` prefers among those that the service speaks (RFC 9110, section 12.5.4; ranges are
/// looked up as RFC 4647, section 3.4, has it: `ru-RU` is met by `ru`). English if it prefers none.
pub(crate) fn accepted(headers: &HeaderMap) -> Language {
    let lines = headers.get_all(header::ACCEPT_LANGUAGE).into_iter().filter_map(|line| line.to_str().ok());
    let ranges: Vec<(String, f32)> = lines.flat_map(|line| line.split(',')).map(range).collect();
    let place = |name: &str| ranges.iter().position(|(range, _)| range == name);
    let mut best: Option<(f32, usize, Language)> = None;
    for language in Language::ALL {
        let Some(place) = place(language.name()).or_else(|| place("*")) else { continue };
        let weight = ranges[place].1;
        // Of two that are liked as much, the one that comes first.
        let better = best.is_none_or(|(most, before, _)| weight > most || (weight >= most && place < before));
        if weight > 0.0 && better {
            best = Some((weight, place, language));
        }
    }
    best.map(|(_, _, language)| language).unwrap_or_default()
}

/// The language of a range, without its country, and how much it is liked. What cannot be read is not liked at all.
fn range(text: &str) -> (String, f32) {
    let mut parts = text.split(';').map(str::trim);
    let language = parts.next().and_then(|tag| tag.split('-').next()).unwrap_or_default().to_ascii_lowercase();
    let weight = parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")));
    (language, weight.map_or(Ok(1.0), str::parse).unwrap_or(0.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    #[test]
    fn the_reader_gets_the_language_that_they_like_best_of_those_that_are_spoken() {
        for (accept, expected) in [
            ("ru-RU,ru;q=0.9,en;q=0.8", Language::Ru),
            ("de-DE, RU;q=0.5", Language::Ru),
            ("en;q=0.4, ru;q=0.5", Language::Ru),
            ("ru;q=0.4, en;q=0.5", Language::En),
            ("ru, en", Language::Ru),
            ("en, ru", Language::En),
            ("ru-RU, en-GB", Language::Ru),
            ("de, *;q=0.5", Language::En),
            ("en;q=0, *;q=0.1", Language::Ru),
            ("*, ru;q=0.2", Language::En),
            ("ru; Q=0.3", Language::Ru),
            ("ru;q=0", Language::En),
            ("ru;q=much, en;q=0.1", Language::En),
            ("ru;q=NaN", Language::En),
            ("rue", Language::En),
            ("en", Language::En),
            ("de", Language::En),
            (",;, -", Language::En),
            ("", Language::En),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT_LANGUAGE, HeaderValue::from_static(accept));
            assert_eq!(accepted(&headers), expected, "{accept}");
        }
        assert_eq!(accepted(&HeaderMap::new()), Language::En);
    }

    #[test]
    fn several_lines_are_one_list() {
        let mut headers = HeaderMap::new();
        headers.append(header::ACCEPT_LANGUAGE, HeaderValue::from_static("de, en;q=0.1"));
        headers.append(header::ACCEPT_LANGUAGE, HeaderValue::from_static("ru;q=0.2"));
        assert_eq!(accepted(&headers), Language::Ru);
    }
}
