//! Word vectors from a text file of GloVe or word2vec, of any dimension.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::File,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
};

/// What is wrong with a file of word vectors, or with a word.
#[derive(Debug, thiserror::Error)]
pub enum WordError {
    /// The file is missing or cannot be read.
    #[error("{}: {source}; it should be the text form of GloVe or word2vec", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A line is not a word and its numbers.
    #[error("{}: line {line}: {problem}", path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
        /// What is wrong with it.
        problem: String,
    },
    /// No part of a description is in the file.
    #[error("{word:?}: neither it nor a part of it has a vector; take a file with more words")]
    Unknown {
        /// The description.
        word: String,
    },
}

/// Vectors of the words that were asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct WordVectors {
    vectors: BTreeMap<String, Vec<f32>>,
    dimension: usize,
}

impl WordVectors {
    /// Reads the vectors of all parts of `descriptions` ("double stops" has two); a file may hold millions of others. A first
    /// line of two numbers (word2vec's count and dimension) is skipped.
    ///
    /// # Errors
    /// A file that cannot be read, or lines of different lengths among those that are needed.
    pub fn load(path: &Path, descriptions: &[String]) -> Result<Self, WordError> {
        let io = |source| WordError::Io { path: path.to_owned(), source };
        let wanted: BTreeSet<String> = descriptions.iter().flat_map(|d| parts(d)).flat_map(forms).collect();
        let (mut vectors, mut dimension) = (BTreeMap::new(), None);
        for (n, line) in BufReader::new(File::open(path).map_err(io)?).split(b'\n').enumerate() {
            // Some words of the large files are not UTF-8; none of ours is such.
            let line = line.map_err(io)?;
            let line = String::from_utf8_lossy(&line);
            let mut fields = line.split_ascii_whitespace();
            let word = fields.next().unwrap_or_default();
            if !wanted.contains(word) || (n == 0 && line.split_ascii_whitespace().count() == 2) {
                continue;
            }
            let bad = |problem: String| WordError::Line { path: path.to_owned(), line: n + 1, problem };
            let number = |f: &str| match f.parse::<f32>() {
                Ok(v) if v.is_finite() => Ok(v),
                _ => Err(bad(format!("{f:?} is no number"))),
            };
            let vector: Vec<f32> = fields.map(number).collect::<Result<_, _>>()?;
            let expected = *dimension.get_or_insert(vector.len());
            if vector.is_empty() || vector.len() != expected {
                return Err(bad(format!("{} numbers after {word:?}, expected {expected}", vector.len())));
            }
            vectors.insert(word.to_owned(), vector);
        }
        match dimension {
            Some(dimension) => Ok(Self { vectors, dimension }),
            None => Err(WordError::Unknown { word: descriptions.join(", ") }),
        }
    }

    /// Numbers in a vector.
    #[must_use]
    pub fn dimension(&self) -> usize {
        self.dimension
    }

    /// The mean of the vectors of a description's parts; parts without a vector are left out.
    ///
    /// # Errors
    /// No part has one.
    pub fn describe(&self, description: &str) -> Result<Vec<f32>, WordError> {
        let find = |part: String| forms(part).into_iter().find_map(|form| self.vectors.get(&form));
        let found: Vec<&Vec<f32>> = parts(description).into_iter().filter_map(find).collect();
        if found.is_empty() {
            return Err(WordError::Unknown { word: description.to_owned() });
        }
        let mean = |i: usize| found.iter().map(|v| v[i]).sum::<f32>() / found.len() as f32;
        Ok((0..self.dimension).map(mean).collect())
    }
}

fn parts(description: &str) -> Vec<String> {
    description.split([' ', '_', '-']).filter(|p| !p.is_empty()).map(str::to_lowercase).collect()
}

/// A word, and its plural where the vocabulary has only that (GloVe 6B knows `multiphonics` alone).
fn forms(word: String) -> [String; 2] {
    let plural = format!("{word}s");
    [word, plural]
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn load(text: &str, words: &[&str]) -> Result<WordVectors, WordError> {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), text).unwrap();
        let words: Vec<String> = words.iter().map(|w| (*w).to_owned()).collect();
        WordVectors::load(file.path(), &words)
    }

    #[test]
    fn reads_glove_and_word2vec() {
        let words = ["bright", "double stops", "multiphonic"];
        let lines = "bright 1 2\ndouble 0 2\nstops 4 0\nunasked x\nmultiphonics 3 3\n";
        for text in [lines.to_owned(), format!("4 2\n{lines}")] {
            let vectors = load(&text, &words).unwrap();
            assert_eq!(vectors.dimension(), 2);
            assert_eq!(vectors.describe("bright").unwrap(), [1.0, 2.0]);
            assert_eq!(vectors.describe("double stops").unwrap(), [2.0, 1.0]);
            assert_eq!(vectors.describe("multiphonic").unwrap(), [3.0, 3.0]);
            assert!(matches!(vectors.describe("reverb"), Err(WordError::Unknown { .. })));
        }
    }

    #[test]
    fn says_what_is_off() {
        assert!(
            load("bright 1 2\ndark 1\n", &["bright", "dark"])
                .unwrap_err()
                .to_string()
                .contains("line 2: 1 numbers")
        );
        assert!(load("bright 1 nan\n", &["bright"]).unwrap_err().to_string().contains("no number"));
        assert!(load("other 1\n", &["bright"]).unwrap_err().to_string().contains("more words"));
        let missing = WordVectors::load(Path::new("not/there"), &[]).unwrap_err();
        assert!(missing.to_string().contains("GloVe"), "{missing}");
    }
}
