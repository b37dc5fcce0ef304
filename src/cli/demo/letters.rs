//! What the people of the demo write.

use super::things::Letter;

/// A letter of the main job: text with merge fields.
pub(super) const SPRING: Letter = Letter {
    subject: "{{first_name|Dear reader}}, our spring catalogue is here",
    text: "Dear {{full_name|reader}},

our spring catalogue is here. This letter was written for you alone and sent to
{{email}}.

With kind regards
SkyMailing
",
    html: None,
    shared: false,
};

/// Text and HTML, both with merge fields.
pub(super) const WEEK: Letter = Letter {
    subject: "{{first_name|Reader}}, this week at Aurora Books",
    text: include_str!("../../../demo/letters/week.txt"),
    html: Some(include_str!("../../../demo/letters/week.html")),
    shared: false,
};

/// Text with fields that many clients leave empty.
pub(super) const CATALOGUE: Letter = Letter {
    subject: "The autumn catalogue is ready",
    text: include_str!("../../../demo/letters/catalogue.txt"),
    html: None,
    shared: false,
};

/// A subject that is as long as subjects may be.
pub(super) const LONG_SUBJECT: Letter = Letter {
    subject: "An invitation to the members' assembly, with the agenda, last year's minutes, the treasurer's report, the motions \
              of the members, the list of candidates for the board and directions to the hall by train, by bus, on foot \
              and by boat",
    text: "Dear {{full_name|member}},\n\nall of it is in the subject.\n\nThe board\n",
    html: None,
    shared: false,
};

/// In Russian, text and HTML.
pub(super) const WORKSHOP: Letter = Letter {
    subject: "{{first_name|Друзья}}, новости мастерской «Глина»",
    text: include_str!("../../../demo/letters/workshop.ru.txt"),
    html: Some(include_str!("../../../demo/letters/workshop.ru.html")),
    shared: false,
};

/// In Russian, short.
pub(super) const ADVICE: Letter = Letter {
    subject: "Совет дня",
    text: "{{first_name|Друг}}, сегодня попробуйте чуть больше воды, чем вчера.\n\nМастерская «Глина»\n",
    html: None,
    shared: false,
};

/// From right to left.
pub(super) const CONCERT: Letter = Letter {
    subject: "دعوة إلى أمسية موسيقية / An evening of music",
    text: include_str!("../../../demo/letters/concert.txt"),
    html: None,
    shared: false,
};

/// A word that does not fit into any column.
pub(super) const LONG_WORDS: Letter = Letter {
    subject: "Donaudampfschifffahrtselektrizitaetenhauptbetriebswerkbauunterbeamtengesellschaft",
    text: "Dear {{full_name|Donaudampfschifffahrtselektrizitaetenhauptbetriebswerkbauunterbeamtengesellschaft}},\n\n\
           https://example.com/donaudampfschifffahrtselektrizitaetenhauptbetriebswerkbauunterbeamtengesellschaft\n",
    html: None,
    shared: false,
};

/// Scripts, and links that are none: they are text wherever they are shown.
pub(super) const HOSTILE: Letter = Letter {
    subject: "<script>alert('subject')</script> & \"quotes\" for {{full_name|<b>nobody</b>}}",
    text: "<img src=x onerror=alert(1)>\n\njavascript:alert(1)\n\n{{full_name}}\n",
    html: Some(
        "<!doctype html><title>Hostile</title><p>Hello {{full_name}} <script>alert('letter')</script>\
         <img src=\"https://tracker.example.com/pixel.gif\" onerror=\"alert(2)\" alt=\"\">\
         <a href=\"javascript:alert(3)\">a link that is none</a> <a href=\"https://example.com/\">a link</a></p>",
    ),
    shared: false,
};

/// A manager's, for everybody to use.
pub(super) const NOTICE: Letter = Letter {
    subject: "We never ask for your password",
    text: include_str!("../../../demo/letters/notice.txt"),
    html: None,
    shared: true,
};
