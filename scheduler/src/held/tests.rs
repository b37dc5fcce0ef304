//! The rules of the loop, with work that only notes what it was asked, and a clock that is turned.

use super::*;
use std::collections::{BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};
use tokio::sync::Notify;
use tokio::task::JoinHandle;

const RHYTHM: Rhythm = Rhythm {
    at_once: 2,
    lease: Duration::from_secs(4),
    renew: Duration::from_secs(1),
    look: Duration::from_secs(10),
    stir: Duration::from_millis(5),
    calm: Duration::from_millis(50),
};

/// A thing to be worked on.
#[derive(Clone, Debug)]
struct Thing {
    number: u128,
    conduct: Conduct,
    until: Arc<Deadline>,
}

/// What its task does.
#[derive(Clone, Copy, Debug)]
enum Conduct {
    /// It ends as soon as it is told to stop.
    Obeys,
    /// It ends so long after it was told to stop: something is in flight.
    Lingers(Duration),
    /// It ends by itself after that long.
    Ends(Duration),
    Panics,
}

use Conduct::{Ends, Lingers, Obeys, Panics};

impl Leased for Thing {
    fn id(&self) -> Uuid {
        Uuid::from_u128(self.number)
    }

    fn until(&self) -> &Deadline {
        &self.until
    }
}

/// What the work is asked, and how PostgreSQL answers.
#[derive(Debug, Default)]
struct World {
    waiting: VecDeque<(u128, Conduct)>,
    broken: bool,
    /// How long looking for work takes.
    search: Duration,
    /// Renewals get no answer.
    silent: bool,
    deaf: bool,
    /// Another engine has got these.
    lost: BTreeSet<u128>,
    barred: BTreeSet<u128>,
    handed_back: BTreeSet<u128>,
    /// What was held at each claim.
    claims: Vec<Vec<u128>>,
    /// When leases were renewed, in milliseconds, and which.
    renewals: Vec<(u128, Vec<u128>)>,
    /// How often it was asked what is to be handed back.
    asked: usize,
    /// Who was told to stop.
    told: BTreeSet<u128>,
    claimed: Vec<Thing>,
}

#[derive(Clone, Debug)]
struct Fake {
    world: Arc<Mutex<World>>,
    call: Arc<Notify>,
    began: Instant,
}

fn numbers(ids: &[Uuid]) -> Vec<u128> {
    let mut numbers: Vec<u128> = ids.iter().map(Uuid::as_u128).collect();
    numbers.sort_unstable();
    numbers
}

impl Fake {
    fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().expect("the world is whole")
    }
}

impl Work for Fake {
    type Lease = Thing;

    fn name(&self) -> &'static str {
        "things"
    }

    fn rhythm(&self) -> Rhythm {
        RHYTHM
    }

    async fn claim(&mut self, room: usize, held: &[Uuid]) -> Result<Vec<Thing>, EngineError> {
        let search = self.world().search;
        if search > Duration::ZERO {
            sleep(search).await;
        }
        let mut world = self.world();
        world.claims.push(numbers(held));
        if world.broken {
            return Err(EngineError::Conflict);
        }
        let room = room.min(world.waiting.len());
        let until = Instant::now() + RHYTHM.lease;
        let thing = |(number, conduct)| Thing { number, conduct, until: Arc::new(Deadline::at(until)) };
        let things: Vec<Thing> = world.waiting.drain(..room).map(thing).collect();
        world.claimed.extend(things.iter().cloned());
        Ok(things)
    }

    fn begin(&self, lease: Thing, stop: CancellationToken) -> impl Future<Output = ()> + Send + 'static {
        let fake = self.clone();
        async move {
            let lingers = match lease.conduct {
                Obeys => Duration::ZERO,
                Lingers(lingers) => lingers,
                Ends(after) => return sleep(after).await,
                Panics => panic!("this is what number {} does", lease.number),
            };
            stop.cancelled().await;
            fake.world().told.insert(lease.number);
            if lingers > Duration::ZERO {
                sleep(lingers).await;
            }
        }
    }

    async fn renew(&self, ids: &[Uuid]) -> Result<Kept, EngineError> {
        let until = Instant::now() + RHYTHM.lease;
        if self.world().silent {
            std::future::pending::<()>().await;
        }
        let mut world = self.world();
        if world.broken {
            return Err(EngineError::Conflict);
        }
        world.renewals.push((self.began.elapsed().as_millis(), numbers(ids)));
        let kept = ids.iter().copied().filter(|id| !world.lost.contains(&id.as_u128()));
        Ok(Kept { ids: kept.collect(), until })
    }

    fn listens(&self) -> bool {
        !self.world().deaf
    }

    async fn called(&mut self) {
        self.call.notified().await;
    }

    async fn barred(&self, held: &[&Holding<Thing>]) -> Vec<Uuid> {
        let world = self.world();
        held.iter()
            .map(|holding| &holding.lease)
            .filter(|thing| world.barred.contains(&thing.number))
            .map(Thing::id)
            .collect()
    }

    async fn handed_back(&self, held: &[&Holding<Thing>]) -> Vec<Uuid> {
        let mut world = self.world();
        world.asked += 1;
        let going_on = held.iter().filter(|holding| holding.goes_on()).map(|holding| &holding.lease);
        going_on.filter(|thing| world.handed_back.contains(&thing.number)).map(Thing::id).collect()
    }
}

/// A loop that runs, and the world around it.
struct Scene {
    fake: Fake,
    in_hand: InHand,
    moves: watch::Sender<Position>,
    stop: CancellationToken,
    hands: JoinHandle<()>,
}

impl Scene {
    fn with<const N: usize>(waiting: [(u128, Conduct); N]) -> Self {
        Self::beside(InHand::default(), World { waiting: waiting.into(), ..World::default() })
    }

    /// In an engine that has this in hand.
    fn beside(in_hand: InHand, world: World) -> Self {
        let fake = Fake { world: Arc::new(Mutex::new(world)), call: Arc::default(), began: Instant::now() };
        let (moves, reader) = watch::channel(Position::default());
        let stop = CancellationToken::new();
        let hands = tokio::spawn(Hands::new(fake.clone(), in_hand.clone()).run(reader, stop.clone()));
        Self { fake, in_hand, moves, stop, hands }
    }

    fn world(&self) -> MutexGuard<'_, World> {
        self.fake.world()
    }

    /// Turns the clock to so many milliseconds after the beginning.
    async fn at(&self, milliseconds: u64) {
        sleep_until(self.fake.began + Duration::from_millis(milliseconds)).await;
    }

    fn read_models_move(&self) {
        self.moves.send_modify(|position| position.shown += 1);
    }

    fn claims(&self) -> usize {
        self.world().claims.len()
    }

    fn in_hand(&self) -> Vec<u128> {
        numbers(&self.in_hand.ids())
    }

    fn told(&self) -> Vec<u128> {
        self.world().told.iter().copied().collect()
    }

    /// Whose leases have run out by this engine's own clock.
    fn run_out(&self) -> Vec<u128> {
        let world = self.world();
        world.claimed.iter().filter(|thing| thing.until.has_passed()).map(|thing| thing.number).collect()
    }
}

#[tokio::test(start_paused = true)]
async fn as_much_is_claimed_as_there_is_room_for_and_the_next_as_soon_as_something_has_ended() {
    let scene = Scene::with([(1, Ends(Duration::from_millis(600))), (2, Obeys), (3, Obeys), (4, Obeys)]);
    scene.at(10).await;
    assert_eq!(scene.in_hand(), [1, 2]);
    scene.read_models_move();
    scene.fake.call.notify_one();
    scene.at(590).await;
    assert_eq!(scene.world().claims, [vec![]], "full hands claim nothing");

    scene.at(610).await;

    assert_eq!(scene.world().claims, [vec![], vec![2]], "what is in hand is not claimed again");
    assert_eq!(scene.in_hand(), [2, 3]);
    assert_eq!(scene.told(), [], "nobody had to stop");
}

#[tokio::test(start_paused = true)]
async fn after_a_long_search_the_next_one_waits_while_something_is_held_and_not_when_nothing_is() {
    let ends = |after| Ends(Duration::from_millis(after));
    let waiting = VecDeque::from([(1, ends(1_000)), (2, ends(10)), (3, ends(10)), (4, Obeys)]);
    let search = Duration::from_millis(100);
    let scene = Scene::beside(InHand::default(), World { waiting, search, ..World::default() });
    scene.at(490).await;
    assert_eq!(scene.claims(), 1, "number 2 has ended at 110");
    scene.at(610).await;
    assert_eq!(scene.world().claims, [vec![], vec![1]], "four times as long as it took");
    scene.at(1_010).await;
    assert_eq!(scene.claims(), 2, "number 3 has ended at 610");
    scene.at(1_130).await;
    assert_eq!(scene.in_hand(), [4]);

    let waiting = VecDeque::from([(1, ends(10)), (2, ends(10)), (3, Obeys)]);
    let idle = Scene::beside(InHand::default(), World { waiting, search, ..World::default() });
    idle.at(220).await;
    assert_eq!(idle.in_hand(), [3], "both have ended at 110");
}

#[tokio::test(start_paused = true)]
async fn after_a_failure_nobody_in_the_engine_claims_for_a_while() {
    let waiting = VecDeque::from([(1, Obeys)]);
    let scene = Scene::beside(InHand::default(), World { waiting, broken: true, ..World::default() });
    scene.at(10).await;
    assert_eq!(scene.claims(), 1);
    scene.world().broken = false;
    let waiting = VecDeque::from([(2, Obeys)]);
    let other = Scene::beside(scene.in_hand.clone(), World { waiting, ..World::default() });
    for moment in (100..1_900).step_by(100) {
        scene.at(moment).await;
        scene.read_models_move();
        other.read_models_move();
    }
    scene.at(1_990).await;
    assert_eq!((scene.claims(), other.claims()), (1, 0), "other engines get the time to renew their leases");

    scene.at(2_010).await;
    scene.read_models_move();
    other.read_models_move();
    scene.at(2_100).await;

    assert_eq!((scene.claims(), other.claims()), (2, 1));
    assert_eq!(scene.in_hand(), [1, 2]);
    scene.at(3_040).await;
    assert!(scene.world().renewals.is_empty(), "their leases are new");
    scene.at(3_080).await;
    assert_eq!(scene.world().renewals.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_task_whose_lease_is_lost_is_told_to_stop_and_other_leases_are_put_off() {
    let scene = Scene::with([(1, Obeys), (2, Obeys)]);
    scene.at(10).await;
    scene.world().lost.insert(1);
    scene.at(990).await;
    assert_eq!(scene.told(), []);

    scene.at(1_100).await;

    assert_eq!((scene.told(), scene.in_hand()), (vec![1], vec![2]));
    scene.at(4_500).await;
    assert_eq!(scene.run_out(), [1]);
    assert_eq!(scene.told(), [1]);
}

#[tokio::test(start_paused = true)]
async fn leases_that_cannot_be_renewed_run_out_by_themselves_and_go_on_when_postgresql_is_back() {
    let scene = Scene::with([(1, Obeys), (2, Obeys)]);
    scene.at(10).await;
    scene.world().broken = true;
    scene.at(1_100).await;
    assert!(scene.in_hand.is_patient(), "others may have been cut off, too");
    scene.at(3_900).await;
    assert_eq!(scene.run_out(), []);
    scene.at(4_100).await;
    assert_eq!(scene.run_out(), [1, 2], "nothing more begins");
    assert_eq!(
        (scene.told(), scene.in_hand()),
        (vec![], vec![1, 2]),
        "and what is in flight is still theirs to record"
    );

    scene.world().broken = false;
    scene.at(5_200).await;

    assert_eq!(scene.run_out(), []);
}

#[tokio::test(start_paused = true)]
async fn a_renewal_is_waited_for_as_long_as_a_lease_and_meanwhile_what_may_not_go_on_is_stopped() {
    let scene = Scene::with([(1, Obeys), (2, Obeys)]);
    scene.at(10).await;
    scene.world().silent = true;
    scene.world().barred.insert(1);
    scene.at(1_010).await;
    assert_eq!(scene.told(), [1], "people do not wait for the leases");
    scene.at(4_990).await;
    assert!(!scene.in_hand.is_patient());

    scene.at(5_010).await;

    assert!(scene.in_hand.is_patient());
    assert_eq!(scene.told(), [1]);
}

#[tokio::test(start_paused = true)]
async fn full_hands_give_back_what_others_should_have() {
    let scene = Scene::with([(1, Obeys), (2, Obeys), (3, Obeys)]);
    scene.world().handed_back.insert(2);
    scene.at(990).await;
    assert_eq!(scene.told(), []);

    scene.at(1_100).await;

    assert_eq!((scene.told(), scene.in_hand()), (vec![2], vec![1, 3]));
    assert_eq!(scene.world().asked, 1);
}

#[tokio::test(start_paused = true)]
async fn hands_that_have_room_give_nothing_back() {
    let scene = Scene::with([(1, Obeys)]);
    scene.world().handed_back.insert(1);

    scene.at(3_100).await;

    assert_eq!(scene.world().renewals.len(), 3);
    assert_eq!(scene.world().asked, 0);
    assert_eq!(scene.told(), []);
}

#[tokio::test(start_paused = true)]
async fn draining_renews_until_the_last_task_has_ended_and_claims_nothing() {
    let scene = Scene::with([(1, Lingers(Duration::from_millis(3_500))), (2, Obeys), (3, Obeys)]);
    scene.at(200).await;

    scene.stop.cancel();
    scene.at(210).await;

    assert_eq!((scene.told(), scene.in_hand()), (vec![1, 2], vec![1]));
    scene.at(3_690).await;
    assert!(!scene.hands.is_finished(), "something is in flight");
    assert_eq!(scene.run_out(), [], "and nobody else's until it is recorded");
    let renewals = scene.world().renewals.clone();
    assert!(renewals.iter().all(|(_, ids)| *ids == [1]), "{renewals:?}");
    let seconds: Vec<u128> = renewals.iter().map(|(milliseconds, _)| milliseconds / 1_000).collect();
    assert_eq!(seconds, [1, 2, 3]);
    scene.at(3_710).await;
    assert!(scene.hands.is_finished());
    assert_eq!((scene.claims(), scene.in_hand()), (1, vec![]));
}

#[tokio::test(start_paused = true)]
async fn a_task_that_panics_is_let_go_and_stops_nobody_else() {
    let scene = Scene::with([(1, Panics), (2, Obeys), (3, Obeys)]);

    scene.at(10).await;

    assert_eq!(scene.in_hand(), [2, 3]);
    assert_eq!(scene.world().claims, [vec![], vec![2]]);
    scene.at(1_100).await;
    assert_eq!(scene.world().renewals.first().expect("a renewal").1, [2, 3], "its lease runs out");
    assert!(!scene.hands.is_finished());
}

#[tokio::test(start_paused = true)]
async fn read_models_that_move_are_heard_soon_by_who_had_something_to_do_and_later_by_others() {
    let scene = Scene::with([]);
    scene.at(100).await;
    scene.read_models_move();
    scene.at(140).await;
    assert_eq!(scene.claims(), 1);
    scene.at(160).await;
    assert_eq!(scene.claims(), 2, "there was nothing before");
    scene.world().waiting.push_back((1, Obeys));
    scene.read_models_move();
    scene.at(290).await;
    assert_eq!((scene.claims(), scene.in_hand()), (3, vec![1]));

    scene.at(300).await;
    scene.read_models_move();
    scene.at(310).await;

    assert_eq!(scene.claims(), 4, "there was something before");
}

#[tokio::test(start_paused = true)]
async fn work_that_does_not_listen_is_looked_at_when_it_is_called_and_now_and_then() {
    let scene = Scene::with([]);
    scene.world().deaf = true;
    scene.at(100).await;
    scene.read_models_move();
    scene.at(5_000).await;
    assert_eq!(scene.claims(), 1);

    scene.fake.call.notify_one();
    scene.at(5_010).await;

    assert_eq!(scene.claims(), 2);
    scene.at(14_990).await;
    assert_eq!(scene.claims(), 2);
    scene.at(15_010).await;
    assert_eq!(scene.claims(), 3);
}
