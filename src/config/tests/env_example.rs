//! The file `.env.example`, which is made of the settings and compared with them.

use std::{ffi::OsString, fmt::Write as _, fs, io::Cursor, os::unix::ffi::OsStringExt, path::Path};

use super::{Program, Setting, parse};
use clap::CommandFactory;

const HEAD: &str = "\
# All settings of SkyMailing. Copy this file to `.env`, and take the # away from the lines that you want to change.
# What stands behind a setting's name is its default. A setting without one has an example, and says what is done without it.
# A flag (`--http-addr`) and the environment go before the file; `skymailing config` shows what is in effect, and why.
";

/// No line of a comment is longer.
const WIDTH: usize = 120;

/// A setting with its meaning, its default, and an example of a value that is right.
struct Documented {
    name: String,
    meaning: String,
    default: String,
    example: String,
}

/// Every parser of a value refuses what is no text, and gives an example of what is right.
fn example(flag: &str) -> String {
    let no_text = OsString::from_vec(vec![0xff]);
    let arguments = [OsString::from("skymailing"), OsString::from(format!("--{flag}")), no_text];
    let command = Program::command().mut_args(|arg| arg.env(None::<&str>));
    let refusal = command.try_get_matches_from(arguments).expect_err("it is no text").to_string();
    let example = refusal.lines().find_map(|line| line.trim().strip_prefix("example: "));
    let (_, example) = example.and_then(|line| line.split_once('=')).expect("a refusal has an example");
    example.to_owned()
}

fn documented() -> Vec<Documented> {
    let meanings = parse(&[]).expect("defaults are right").table();
    let command = Program::command();
    let of = |setting: Setting| {
        let flag = setting.name.to_lowercase().replace('_', "-");
        let arg = command.get_arguments().find(|arg| arg.get_long() == Some(&flag)).expect("it is a flag, too");
        let default = arg.get_default_values().first().map(|value| value.to_string_lossy().into_owned());
        Documented {
            example: example(&flag),
            default: default.unwrap_or_default(),
            name: setting.name,
            meaning: setting.meaning,
        }
    };
    meanings.into_iter().map(of).collect()
}

/// Words in lines of a comment.
fn comment(text: &str) -> String {
    let mut lines = String::new();
    let mut line = String::from("#");
    for word in text.split_whitespace() {
        if line.len() + 1 + word.len() > WIDTH {
            lines += &line;
            lines.push('\n');
            "#".clone_into(&mut line);
        }
        line.push(' ');
        line += word;
    }
    lines + &line + "\n"
}

/// As it has to be written in such a file.
fn quoted(value: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-./:,=?@".contains(c);
    if value.chars().all(plain) { value.to_owned() } else { format!("'{value}'") }
}

fn file() -> String {
    let mut file = HEAD.to_owned();
    for Documented { name, meaning, default, example } in documented() {
        let (kind, value) = if default.is_empty() { (" For example:", example) } else { ("", default) };
        write!(file, "\n{}#{name}={}\n", comment(&format!("{meaning}.{kind}")), quoted(&value))
            .expect("writing to a string does not fail");
    }
    file
}

/// `make renew` writes it anew.
#[test]
fn the_example_of_a_file_of_settings_is_that_of_the_code() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(".env.example");
    let file = file();
    if std::env::var_os("UPDATE_SCHEMA").is_some() {
        fs::write(&path, &file).expect("the file can be written");
    }
    let committed = fs::read_to_string(&path).unwrap_or_default();
    assert!(committed == file, ".env.example is not up to date: run make renew");
}

#[test]
fn every_line_of_the_example_is_read_as_it_was_meant() {
    let mut without_signs = String::new();
    for line in file().lines() {
        let setting = line.strip_prefix('#').filter(|rest| rest.starts_with(|c: char| c.is_ascii_uppercase()));
        without_signs += setting.unwrap_or(line);
        without_signs.push('\n');
    }
    let read: Result<Vec<(String, String)>, _> = dotenvy::from_read_iter(Cursor::new(without_signs)).collect();
    let meant = documented().into_iter().map(|setting| {
        let value = if setting.default.is_empty() { setting.example } else { setting.default };
        (setting.name, value)
    });
    assert_eq!(read.expect("it can be read"), meant.collect::<Vec<_>>());
}
