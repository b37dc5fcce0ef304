use std::fmt;
use std::str::FromStr;

/// An enhanced status code such as 5.1.1 (RFC 3463).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct EnhancedCode {
    /// 2, 4 or 5.
    pub class: u8,
    /// What it is about: 1 address, 2 mailbox, 3 mail system, 4 network, 5 protocol, 6 content, 7 policy.
    pub subject: u16,
    /// What exactly.
    pub detail: u16,
}

/// What is not an enhanced status code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an enhanced status code looks like 5.1.1 (RFC 3463)")]
pub struct NoEnhancedCode;

/// Bad mailbox, bad system, bad syntax, moved (RFC 3463), null MX (RFC 7505).
const GONE: [(u16, u16); 5] = [(1, 1), (1, 2), (1, 3), (1, 6), (1, 10)];

impl EnhancedCode {
    /// Whether it says that there is no such address, whatever its class.
    #[must_use]
    pub fn is_of_no_address(self) -> bool {
        GONE.contains(&(self.subject, self.detail))
    }
}

impl fmt::Display for EnhancedCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.class, self.subject, self.detail)
    }
}

impl FromStr for EnhancedCode {
    type Err = NoEnhancedCode;

    fn from_str(text: &str) -> Result<Self, NoEnhancedCode> {
        let number = |part: &str| {
            let good = (1..=3).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
            part.parse::<u16>().ok().filter(|_| good)
        };
        let mut parts = text.split('.').map(number);
        match (parts.next().flatten(), parts.next().flatten(), parts.next().flatten(), parts.next()) {
            (Some(class @ (2 | 4 | 5)), Some(subject), Some(detail), None) => {
                Ok(Self { class: u8::try_from(class).map_err(|_| NoEnhancedCode)?, subject, detail })
            }
            _ => Err(NoEnhancedCode),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_read_as_it_is_written() {
        for text in ["2.0.0", "4.2.2", "5.1.10", "5.4.310", "5.7.509"] {
            assert_eq!(text.parse::<EnhancedCode>().expect("a code").to_string(), text);
        }
        for text in ["", "5", "5.1", "5.1.1.1", "3.1.1", "5.1.x", "5..1", "5.1.1000", " 5.1.1", "55.1.1", "+5.1.1"] {
            assert_eq!(text.parse::<EnhancedCode>(), Err(NoEnhancedCode), "{text}");
        }
    }

    #[test]
    fn only_some_codes_are_of_addresses_that_do_not_exist() {
        for (text, gone) in [
            ("5.1.1", true),
            ("4.1.1", true),
            ("5.1.2", true),
            ("5.1.3", true),
            ("5.1.6", true),
            ("5.1.10", true),
            ("5.1.0", false),
            ("5.1.7", false),
            ("5.1.8", false),
            ("5.2.1", false),
            ("5.2.2", false),
            ("5.7.1", false),
        ] {
            assert_eq!(text.parse::<EnhancedCode>().expect("a code").is_of_no_address(), gone, "{text}");
        }
    }
}
