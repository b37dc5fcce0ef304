//! GraphQL documents: what cannot be read, and what is too much to ask for at once.

/// Why a document cannot be answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// The text is no document.
    Syntax {
        /// What the parser says, in English.
        error: String,
    },
    /// A string has no end.
    Unclosed {
        /// The line on which the string begins, counted from 1.
        line: usize,
    },
    /// A fragment spreads itself.
    Cycle {
        /// The name of the fragment.
        fragment: String,
    },
    /// The field `__typename` has something that it cannot have.
    TypeName {
        /// What it has.
        fault: TypeName,
    },
    /// Many fields are asked for that there are not.
    Unknown {
        /// The field that was looked at last.
        field: String,
    },
    /// There is no document.
    Missing,
    /// A mutation came by GET.
    MutationsByPost,
}

/// What the field `__typename` cannot have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TypeName {
    /// The field has arguments.
    Arguments,
    /// Something is selected in the field.
    Selection,
    /// The field has other directives than those two, or one of them twice.
    Directives,
}

/// Of what a request asks for too much, and what to do instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TooMuch {
    /// A name is too long.
    Name {
        /// The longest name, in characters.
        most: usize,
    },
    /// A number is too long.
    Number {
        /// The longest number, in digits.
        most: usize,
    },
    /// Too many brackets, or selection sets, are inside each other.
    Nesting {
        /// How many may be.
        most: usize,
    },
    /// Too many fields are below each other.
    Depth {
        /// How many may be.
        most: usize,
    },
    /// The document has too many parts.
    Parts {
        /// How many parts it may have.
        most: usize,
        /// How many KiB it may have beside its texts.
        syntax: usize,
    },
    /// Arguments are too large.
    Input {
        /// How many KiB all arguments together may have.
        most: usize,
    },
    /// The texts in the document itself are too large, as they are written there.
    Texts {
        /// How many KiB they may have.
        most: usize,
    },
    /// The answer could have too many fields.
    Fields {
        /// How many it may have.
        most: u64,
    },
    /// PostgreSQL would have too much to do.
    Work,
    /// More than one thing is asked for of which a request does one.
    Alone,
    /// The variables have too many values.
    Values {
        /// How many they may have.
        most: usize,
    },
}
