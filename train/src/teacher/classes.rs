//! Which AudioSet classes are which of our 20, which are instruments outside of them, and which genres tell of one of the 20:
//! `classes.csv`, `others.csv` and `genres.csv` beside this file.
//!
//! AudioSet's labels are incomplete: raters named what stands out, so bass, cymbals and synthesizers go unnamed in most of the
//! music that has them. That a teacher hears one of these is not `told` on; that it is as good as sure of none is.
//! What a rater named in a rock song is "heavy metal", not its drums: so a genre raises the odds of the players that nearly all of its
//! records have. By how much is a judgement: on four rock songs in stems the teacher says .02 to .2 of drums with the whole band and
//! hears a rock genre (.7 and more), .001 to .012 with the guitar alone (.04 to .31).

use crate::base::class;
use crate::nn::loss::{logit, sigmoid};
use rollcall_engine::OPENMIC_CLASSES;

/// Columns: our class; its AudioSet display names with `|` between; whether the teacher can tell.
const TABLE: &str = include_str!("classes.csv");

/// Columns: an instrument outside of the 20; its AudioSet display names with `|` between.
const OTHERS: &str = include_str!("others.csv");

/// Columns: one of our classes; AudioSet's genres with `|` between; what the class's logit is raised by where the genre is sure.
const GENRES: &str = include_str!("genres.csv");

/// The table, bound to a teacher's own list of classes.
#[derive(Clone, Debug, PartialEq)]
pub struct ClassTable {
    /// Indices of AudioSet classes, for each of ours.
    members: Vec<Vec<usize>>,
    told: [bool; 20],
    names: Vec<String>,
    others: Vec<(String, Vec<usize>)>,
    /// Class, what its logit is raised by, and the AudioSet classes of the genres.
    genres: Vec<(usize, f32, Vec<usize>)>,
}

impl ClassTable {
    /// Binds the table to `audioset_classes.csv` (`index,mid,display_name`).
    ///
    /// # Errors
    /// What was found and what was expected, when the list lacks a class or is no such list.
    pub(super) fn new(audioset: &str) -> Result<Self, (String, String)> {
        let mut names = Vec::new();
        for (row, record) in csv::Reader::from_reader(audioset.as_bytes()).records().enumerate() {
            let record = record.map_err(|e| (e.to_string(), "index,mid,display_name".to_owned()))?;
            if record.get(0) != Some(row.to_string().as_str()) || record.len() != 3 {
                return Err((format!("row {row} is {record:?}"), format!("{row},mid,display_name")));
            }
            names.push(record[2].to_owned());
        }
        let (mut members, mut told) = (Vec::new(), [false; 20]);
        let mut table = csv::Reader::from_reader(TABLE.as_bytes());
        for ((record, class), told) in table.records().zip(OPENMIC_CLASSES).zip(&mut told) {
            let record = record.expect("the table is part of the program, and a test reads it");
            assert_eq!(&record[0], class, "the table is in the order of the classes");
            members.push(indices(&names, &record[1])?);
            *told = &record[2] == "yes";
        }
        let mut others = Vec::new();
        for record in csv::Reader::from_reader(OTHERS.as_bytes()).records() {
            let record = record.expect("the table is part of the program, and a test reads it");
            others.push((record[0].to_owned(), indices(&names, &record[1])?));
        }
        let mut genres = Vec::new();
        for record in csv::Reader::from_reader(GENRES.as_bytes()).records() {
            let record = record.expect("the table is part of the program, and a test reads it");
            let class = class::index(&record[0]);
            let raised = record[2].parse().expect("a number");
            genres.push((class.expect("one of the 20"), raised, indices(&names, &record[1])?));
        }
        Ok(Self { members, told, names, others, genres })
    }

    /// Probability of each of our classes, of those of the 527: the greatest of its members.
    #[must_use]
    pub fn judge(&self, probabilities: &[f32]) -> [f32; 20] {
        self.greatest(probabilities).map(|member| probabilities[member])
    }

    /// Probability of each of our classes, its odds raised by the genres that the 527 probabilities tell of. A record is of one genre,
    /// and the teacher wavers between neighbours: their probabilities add up.
    #[must_use]
    pub fn by_genre(&self, probabilities: &[f32]) -> [f32; 20] {
        let mut likely = self.judge(probabilities);
        for (class, raised, genres) in &self.genres {
            let sure = genres.iter().map(|&g| probabilities[g]).sum::<f32>().min(1.0);
            let own = likely[*class].clamp(1e-6, 1.0 - 1e-6);
            likely[*class] = sigmoid(logit(own) + raised * sure);
        }
        likely
    }

    /// The AudioSet classes that each of ours is.
    #[must_use]
    pub fn members(&self, class: usize) -> &[usize] {
        &self.members[class]
    }

    /// Of the AudioSet classes that each of ours is, the one with the greatest of 527 values (logits or probabilities).
    #[must_use]
    pub fn greatest(&self, values: &[f32]) -> [usize; 20] {
        std::array::from_fn(|class| {
            let members = self.members[class].iter().copied();
            members.max_by(|a, b| values[*a].total_cmp(&values[*b])).expect("each class has a member")
        })
    }

    /// AudioSet's display names.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The instruments outside of the 20 that AudioSet names, each with its AudioSet classes.
    #[must_use]
    pub fn others(&self) -> &[(String, Vec<usize>)] {
        &self.others
    }

    /// A table bound to a list of classes in the order of its own mention, for tests without a teacher's folder.
    #[cfg(test)]
    pub(crate) fn in_order() -> Self {
        let mut next = 0;
        let mut members = Vec::new();
        let mut told = [false; 20];
        for (record, told) in csv::Reader::from_reader(TABLE.as_bytes()).records().zip(&mut told) {
            let record = record.expect("the table is part of the program");
            let count = record[1].split('|').count();
            members.push((next..next + count).collect());
            next += count;
            *told = &record[2] == "yes";
        }
        let names = (0..next).map(|n| n.to_string()).collect();
        Self { members, told, names, others: Vec::new(), genres: Vec::new() }
    }

    /// Whether the teacher can tell of a class.
    #[must_use]
    pub fn told(&self) -> [bool; 20] {
        self.told
    }
}

/// Where each of some names with `|` between stands in the list.
fn indices(names: &[String], wanted: &str) -> Result<Vec<usize>, (String, String)> {
    let index = |name: &str| {
        let found = names.iter().position(|n| n == name);
        found.ok_or((format!("no class {name:?}"), "AudioSet's 527 classes".to_owned()))
    };
    wanted.split('|').map(index).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    /// A list with our table's names first, shuffled by none: index = order of mention.
    fn list() -> (String, Vec<String>) {
        let mut names: Vec<String> = Vec::new();
        for table in [TABLE, OTHERS, GENRES] {
            for record in csv::Reader::from_reader(table.as_bytes()).records() {
                for name in record.unwrap()[1].split('|') {
                    // A genre tells of several classes.
                    if !names.iter().any(|known| known == name) {
                        names.push(name.to_owned());
                    }
                }
            }
        }
        let rows = names.iter().enumerate().map(|(i, n)| format!("{i},/m/{i},\"{n}\"\n"));
        ("index,mid,display_name\n".to_owned() + &rows.collect::<String>(), names)
    }

    #[test]
    fn judges_by_the_surest_member() {
        let (text, names) = list();
        let table = ClassTable::new(&text).unwrap();
        assert_eq!(table.members.len(), 20);
        let mut probabilities = vec![0.01; names.len()];
        probabilities[names.iter().position(|n| n == "Electric guitar").unwrap()] = 0.6;
        probabilities[names.iter().position(|n| n == "Piano").unwrap()] = 0.1;
        let judged = table.judge(&probabilities);
        let class = |name| OPENMIC_CLASSES.iter().position(|c| *c == name).unwrap();
        assert_eq!(
            (judged[class("guitar")], judged[class("piano")], judged[class("violin")]),
            (0.6, 0.1, 0.01)
        );
        assert!(table.told()[class("violin")]);
        assert!(!table.told()[class("bass")], "bass goes unnamed in AudioSet");
        let known: BTreeSet<usize> = table.members.iter().flatten().copied().collect();
        assert!(table.others().iter().all(|(_, events)| events.iter().all(|e| !known.contains(e))));
        assert!(table.others().iter().any(|(name, events)| name == "harp" && names[events[0]] == "Harp"));
    }

    #[test]
    fn a_genre_tells_of_the_players_that_its_records_have() {
        let (text, names) = list();
        let table = ClassTable::new(&text).unwrap();
        let mut probabilities = vec![0.0; names.len()];
        let index = |name: &str| names.iter().position(|n| n == name).unwrap();
        let class = |name| OPENMIC_CLASSES.iter().position(|c| *c == name).unwrap();
        // A band, whose drums nobody named, and its guitar alone.
        let mut drums = |own: f32, genres: [f32; 2]| {
            probabilities[index("Drum kit")] = own;
            (probabilities[index("Heavy metal")], probabilities[index("Progressive rock")]) =
                (genres[0], genres[1]);
            let likely = table.by_genre(&probabilities);
            assert_eq!(likely[class("violin")], 0.0, "no genre tells of it");
            likely[class("drums")]
        };
        let (band, alone, unsure) =
            (drums(0.04, [0.6, 0.3]), drums(0.005, [0.2, 0.05]), drums(0.04, [0.0, 0.0]));
        assert!((0.7..0.85).contains(&band) && alone < 0.03, "{band} {alone}");
        assert!((unsure - 0.04).abs() < 1e-6, "without a genre the teacher's own word");
        assert_eq!(drums(0.04, [0.9, 0.9]), drums(0.04, [1.0, 0.0]), "no more than sure");
    }

    #[test]
    fn a_foreign_list_is_refused() {
        let (found, _) = ClassTable::new("index,mid,display_name\n0,/m/0,\"Speech\"\n").unwrap_err();
        assert!(found.contains("Accordion"), "{found}");
        assert!(ClassTable::new("index,mid,display_name\n5,/m/0,\"Speech\"\n").is_err());
    }
}
