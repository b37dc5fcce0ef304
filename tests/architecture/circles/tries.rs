//! The reading of imports, tried on crates that are made up.

use super::arrows::Arrows;
use super::reading::modules;

/// The circles of a crate with these files in its folder.
fn circles(files: &[(&str, &str)]) -> Vec<String> {
    let files = files.iter().map(|(file, source)| (format!("src/{file}"), (*source).to_owned())).collect();
    Arrows::of(&modules(&files, "src/lib.rs")).circles().into_iter().collect()
}

/// The circles of two files beside each other, `a.rs` and `b.rs`.
fn of_two(a: &str, b: &str) -> Vec<String> {
    circles(&[("lib.rs", "mod a; mod b; pub use a::A;"), ("a.rs", a), ("b.rs", b)])
}

#[test]
fn two_files_that_import_each_other_are_a_circle_however_they_say_so() {
    let a = "use crate::b::B; pub struct A(B);";
    for b in [
        "use crate::a::A; pub struct B(Option<Box<A>>);",
        "use super::a::{self, A as It}; pub struct B;",
        "use {std::fmt, crate::{a::{A}}}; pub struct B;",
        "use crate::a::A as _; pub struct B;",
        "use super::*; pub struct B(Option<Box<A>>);",
        "use self::inner::B; mod inner { use super::super::a; pub struct B(Option<Box<a::A>>); }",
        // What the root hands on is where it is defined.
        "use crate::A; pub struct B(Option<Box<A>>);",
        "pub use crate::a::A; pub struct B;",
        "pub struct B; impl B { fn it(self) -> crate::a::A { panic!() } }",
        "pub struct B; fn it() { use super::a::A; let _ = A::default(); }",
        "pub struct B; fn it(it: u8) { match it { super::a::MOST => {} _ => {} } }",
        "pub struct B; fn it() { assert_eq!(1, crate::a::ONE); }",
        "macro_rules! made { () => { $crate::a::A } } pub struct B;",
        "#[derive(Serialize)] pub struct B { #[serde(with = \"crate::a::seconds\")] at: u64 }",
        "#[derive(Args)] pub struct B { #[arg(value_parser = crate::a::read)] at: u64 }",
    ] {
        let found = of_two(a, b);
        assert_eq!(found.len(), 1, "{b}: {found:?}");
        assert!(found[0].starts_with("src/a.rs names crate::b::B, src/b.rs names "), "{b}: {found:?}");
    }
}

#[test]
fn what_is_no_import_makes_no_circle() {
    let a = "use crate::b::B; pub struct A(B);";
    for b in [
        "pub struct B;",
        "/// See [`crate::a::A`].\npub struct B;",
        "pub struct B; #[cfg(test)] mod tests { use crate::a::A; }",
        "pub struct B; #[cfg(test)] fn it() -> crate::a::A { panic!() }",
        "pub struct B; impl B { #[cfg(test)] fn it() -> crate::a::A { panic!() } }",
        "pub struct B { a: u8 } impl B { fn it(&self, a: u8) -> u8 { format!(\"{}\", self.a); a } }",
        "pub struct B; const TOLD: &str = \"crate::a::A\";",
        // Another crate, or one that is called alike.
        "use other::a::A; pub struct B(A);",
        "use ::a::A; pub struct B(A);",
    ] {
        assert_eq!(of_two(a, b), Vec::<String>::new(), "{b}");
    }
}

#[test]
fn a_circle_has_every_file_that_it_goes_through() {
    let found = circles(&[
        ("lib.rs", "mod a; mod b; mod c; mod d;"),
        ("a.rs", "use crate::b::B; pub struct A;"),
        ("b.rs", "use crate::c::C; pub struct B;"),
        ("c.rs", "use crate::a::A; use crate::d::D; pub struct C;"),
        ("d.rs", "pub struct D;"),
    ]);
    let circle = "src/a.rs names crate::b::B, src/b.rs names crate::c::C, src/c.rs names crate::a::A";
    assert_eq!(found, [circle]);
}

#[test]
fn whoever_only_declares_and_hands_on_imports_nothing() {
    let child = "use super::Shared; pub struct Child(Shared); pub fn child() {}";
    for (parent, is_circle) in [
        ("mod child; pub use child::Child; pub struct Shared;", false),
        ("mod child; pub(crate) use child::{child, Child as It}; pub struct Shared;", false),
        // Something of its own is called like what it hands on.
        ("mod child; pub use child::child; pub struct Shared; fn it(child: u8) -> u8 { child }", false),
        ("mod child; pub use child::Child; pub struct Shared; fn it(_: Child) {}", true),
        ("mod child; pub struct Shared; fn it() { child::child() }", true),
        ("mod child; use child::Child; pub struct Shared;", true),
        // Where what is shared has a file of its own, nobody goes in a circle.
        ("mod child; mod shared; pub use shared::Shared; fn it() { child::child() }", false),
    ] {
        let files = [
            ("lib.rs", "mod parent;"),
            ("parent/mod.rs", parent),
            ("parent/child.rs", child),
            ("parent/shared.rs", "pub struct Shared;"),
        ];
        let found = circles(&files);
        assert_eq!(found.len(), usize::from(is_circle), "{parent}: {found:?}");
    }
}

#[test]
fn macros_are_known_to_what_is_declared_after_them() {
    let found = circles(&[
        ("lib.rs", "macro_rules! told { () => {} } mod a; pub fn it() { a::it(); }"),
        ("a.rs", "pub fn it() { told!(); }"),
    ]);
    assert_eq!(found, ["src/a.rs names told!, src/lib.rs names a::it"]);
}

#[test]
fn what_a_macro_makes_is_where_the_macro_is_called() {
    let found = circles(&[
        ("lib.rs", "mod ids; mod a;"),
        ("ids.rs", "id! { UserId } fn it() -> crate::a::A { panic!() }"),
        ("a.rs", "use crate::ids::UserId; pub struct A(UserId);"),
    ]);
    assert_eq!(found.len(), 1, "{found:?}");
}
