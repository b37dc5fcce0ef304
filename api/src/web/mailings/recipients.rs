//! Who got what in a run, when, and what the mail server answered.

use super::back::{self, Told};
use super::clients::{client_at, present};
use super::run::{existing, mailing_of, refused, title, undecided as open_doubts};
use super::{letter, list as mailings_list, marks};
use crate::web::frame::list::{self, Pager, Rows};
use crate::web::frame::mark::Mark;
use crate::web::frame::when::When;
use crate::web::frame::{Answer, Fields, Layout, Place, Trouble, Visit, page as shown};
use acts::mailings::recipients::{code, left_out, note, withheld};
use askama::Template;
use axum::extract::Path;
use domain::suppression::Reason;
use domain::{Outcome, RunId};
use projections::columns::Word as _;
use projections::deliveries::{self, Attempt, Delivery, Doubt, Filter, Suppressed};
use projections::feedback::{self, CameBack};
use projections::runs::Run;
use std::collections::HashMap;
use url::form_urlencoded;
use uuid::Uuid;
use words::screens::feedback::Feedback;
use words::screens::recipients::Recipients as Words;

#[derive(Template)]
#[template(path = "mailings/recipients.html")]
struct Page {
    page: Layout,
    w: &'static Words,
    run: String,
    run_title: String,
    mailing: String,
    mailing_id: String,
    outcomes: Vec<(String, &'static str, &'static str, String, bool)>,
    planned: String,
    /// What came back: where these letters are, what that is called, how many they are, and whether only they are shown.
    back: Vec<(String, &'static str, String, bool)>,
    /// What is said if only letters are shown that came back, and there are none.
    nobody_so: Option<&'static str>,
    all: bool,
    undecided: bool,
    undecided_number: String,
    all_at: String,
    undecided_at: String,
    unsought_at: String,
    /// Where what the list shows is as a file.
    csv_at: String,
    xlsx_at: String,
    search: String,
    /// What the address asks for besides the search, to ask for it again.
    kept: Vec<(&'static str, String)>,
    doubts: bool,
    rows: Vec<Row>,
    pager: Pager,
    may_decide: bool,
    /// Whether anything can be decided about any of the rows.
    has_actions: bool,
    refused: Option<String>,
}

struct Row {
    id: String,
    /// The page of the client; none if they were deleted.
    client: Option<String>,
    email: String,
    name: String,
    mark: Mark,
    note: Option<String>,
    /// What was reported of it after a mail server had taken it.
    back: Vec<Told>,
    may_resend: bool,
    may_accept: bool,
    last: Option<Try>,
    earlier: Vec<Try>,
    /// The page of the letter as it was sent, if it was.
    letter: Option<String>,
}

/// One attempt to send a letter.
pub(super) struct Try {
    pub(super) number: i32,
    pub(super) at: When,
    pub(super) mark: Mark,
    pub(super) code: Option<String>,
    pub(super) reply: Option<String>,
}

/// `GET /runs/ID/recipients`.
pub(crate) async fn page(visit: Visit, Path(id): Path<String>) -> Answer {
    let access = visit.viewer()?.reads();
    let run = existing(&visit, access, &id).await?;
    let mailing = mailing_of(&visit, access, &run).await?;
    let (w, query) = (Words::of(visit.language()), visit.query());
    let filter = filter(&query);
    let (undecided, came_back) = (filter.undecided, filter.came_back);
    let after = list::place::<i32>(&visit)?;
    let key = RunId(run.id);
    let read = deliveries::page(visit.pool(), access, key, &filter, after, list::limit()).await?;
    let rows = Rows::of_read(&visit, read);
    let tried: Vec<i32> = rows.rows.iter().filter(|row| row.attempts > 0).map(|row| row.ordinal).collect();
    let mut attempts: HashMap<i32, Vec<Attempt>> = HashMap::new();
    if !tried.is_empty() {
        for (place, attempt) in deliveries::attempts(visit.pool(), key, &tried).await? {
            attempts.entry(place).or_default().extend(list::shown(&visit, attempt));
        }
    }
    let shown_here: Vec<i32> = rows.rows.iter().map(|row| row.ordinal).collect();
    let mut told = back::of_letters(&visit, key, &shown_here).await?;
    let shown_clients: Vec<Uuid> = rows.rows.iter().map(|row| row.client_id).collect();
    let there = present(&visit, access, &shown_clients).await?;
    let withheld = withheld(visit.pool(), &run, &rows.rows).await?;
    let owns = mailings_list::rights(&visit, &mailing)?.owns && mailing.deleted_at.is_none();
    let refused = refused(&visit, &mailing).filter(|_| owns);
    let totals = run.totals();
    let part = |outcome: Outcome| {
        let chosen = !undecided && came_back.is_none() && filter.outcomes.contains(&outcome);
        let label = visit.marks().outcome(outcome);
        let address = address(&run, &[("outcome", outcome.name())], filter.search.as_deref());
        (address, label, marks::outcome_class(outcome), visit.number(totals.of(outcome)), chosen)
    };
    let open = if totals.unknown > 0 { open_doubts(&visit, access, &run).await? } else { 0 };
    let kept = filter.outcomes.iter().map(|outcome| ("outcome", outcome.name().to_owned()));
    let kept = kept.chain(undecided.then(|| ("undecided", "yes".to_owned())));
    let kept: Vec<(&str, String)> = kept.chain(came_back.map(|it| ("back", it.word().to_owned()))).collect();
    let pairs: Vec<(&str, &str)> = kept.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let unsought_at = address(&run, &pairs, None);
    let file_at = |ending| address_of(&run, ending, &pairs, filter.search.as_deref());
    let (csv_at, xlsx_at) = (file_at(".csv"), file_at(".xlsx"));
    let (pager, may_send) = (rows.pager, refused.is_none());
    let rows: Vec<Row> = rows
        .rows
        .iter()
        .map(|row| {
            let of_letter = attempts.remove(&row.ordinal).unwrap_or_default();
            let told = told.remove(&row.ordinal).unwrap_or_default();
            let withheld = withheld.get(&row.ordinal).copied();
            let client = there.contains(&row.client_id).then(|| client_at(row.client_id));
            Row { back: told, client, ..Row::of(&visit, row, withheld, &of_letter, owns, may_send) }
        })
        .collect();
    shown(&Page {
        page: visit.layout(w.title, Place::Mailings),
        w,
        run: run.id.to_string(),
        run_title: title(&visit, &run),
        mailing: mailing.name.clone(),
        mailing_id: mailing.id.to_string(),
        outcomes: Outcome::ALL.into_iter().filter(|outcome| totals.of(*outcome) > 0).map(part).collect(),
        planned: visit.number(totals.planned),
        back: tabs_of_back(&visit, &run, &filter).await?,
        nobody_so: came_back.map(|_| Feedback::of(visit.language()).nobody_so),
        all: filter.outcomes.is_empty() && !undecided && came_back.is_none(),
        undecided,
        undecided_number: visit.number(open),
        all_at: address(&run, &[], filter.search.as_deref()),
        undecided_at: address(&run, &[("undecided", "yes")], filter.search.as_deref()),
        unsought_at,
        csv_at,
        xlsx_at,
        search: query.text("search").to_owned(),
        kept,
        doubts: totals.unknown > 0,
        has_actions: rows.iter().any(|row| row.may_resend || row.may_accept),
        rows,
        pager,
        may_decide: owns,
        refused,
    })
}

/// What an address asks for.
pub(super) fn filter(query: &Fields) -> Filter {
    let named = query.all("outcome");
    let asked = |outcome: &Outcome| named.iter().any(|name| name == outcome.name());
    Filter {
        outcomes: Outcome::ALL.into_iter().filter(asked).collect(),
        undecided: query.some("undecided").is_some(),
        search: list::searched(query),
        came_back: CameBack::from_word(query.text("back")),
    }
}

/// What came back, as far as anything did, each with where its letters are.
async fn tabs_of_back(
    visit: &Visit,
    run: &Run,
    filter: &Filter,
) -> Result<Vec<(String, &'static str, String, bool)>, Trouble> {
    let (w, counts) = (Feedback::of(visit.language()), feedback::counts(visit.pool(), &[run.id]).await?);
    let counts = counts.first().map(|(_, counts)| *counts).unwrap_or_default();
    let shown = CameBack::ALL.iter().filter(|one| counts.of(**one) > 0 || filter.came_back == Some(**one));
    let tab = |one: &CameBack| {
        let address = address(run, &[("back", one.word())], filter.search.as_deref());
        (address, back::label(w, *one), visit.number(counts.of(*one)), filter.came_back == Some(*one))
    };
    Ok(shown.map(tab).collect())
}

/// The address of the recipients of a run with these filters.
fn address(run: &Run, filters: &[(&str, &str)], search: Option<&str>) -> String {
    address_of(run, "", filters, search)
}

/// The same of a file with them, by its ending.
fn address_of(run: &Run, ending: &str, filters: &[(&str, &str)], search: Option<&str>) -> String {
    let mut written = form_urlencoded::Serializer::new(String::new());
    written.extend_pairs(filters).extend_pairs(search.map(|text| ("search", text)));
    let written = written.finish();
    let path = format!("/runs/{}/recipients{ending}", run.id);
    if written.is_empty() { path } else { format!("{path}?{written}") }
}

impl Row {
    fn of(
        visit: &Visit,
        row: &Delivery,
        withheld: Option<Reason>,
        attempts: &[Attempt],
        owns: bool,
        may_send: bool,
    ) -> Self {
        let (w, language) = (Words::of(visit.language()), visit.language());
        let note = match withheld {
            Some(reason) => Some(w.withheld.with(left_out(w, Suppressed::Reason(reason)))),
            None => note(w, row).map(str::to_owned),
        };
        let mut tries: Vec<Try> = attempts.iter().map(|attempt| Try::of(visit, attempt)).collect();
        let last = tries.pop();
        let unknown = row.outcome == Outcome::Unknown;
        Self {
            id: acts::mailings::runs::id_of(row.run_id, row.ordinal),
            client: None,
            email: row.email.clone(),
            name: row.full_name.clone(),
            mark: marks::of_outcome(row.outcome, language),
            note,
            back: Vec::new(),
            may_resend: owns && may_send && unknown && row.doubt != Some(Doubt::Again),
            may_accept: owns && unknown && row.doubt == Some(Doubt::Open),
            last,
            earlier: tries,
            letter: letter::path(row, attempts),
        }
    }
}

impl Try {
    pub(super) fn of(visit: &Visit, attempt: &Attempt) -> Self {
        Self {
            number: attempt.number,
            at: visit.when(attempt.at),
            mark: marks::of_ending(attempt.outcome, visit.language()),
            code: code(attempt),
            reply: attempt.reply.clone(),
        }
    }
}
