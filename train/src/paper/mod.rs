//! The paper's method as it stands in the paper, to measure what each of its choices is worth.
//!
//! | folder | what | paper |
//! | --- | --- | --- |
//! | `first_stage` | what VGGish is trained on before it sees an instrument's name | section 4.1, table 1 |
//! | `second_stage` | the attention head alone, on representations of weakly labelled clips | section 4.2 |
//! | `comparison` | every representation and seed through both | section 5 |
//! | `figures` | what the runs found | figures 2 and 3 |

pub mod comparison;
pub mod figures;
pub mod first_stage;
pub mod second_stage;
