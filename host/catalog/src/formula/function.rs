//! The closed list of functions, with the names they have in texts.

macro_rules! functions {
    ($($variant:ident $name:literal $least:literal..=$most:literal $says:literal;)*) => {
        /// A function of the language.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Function {
            $(#[doc = $says] $variant),*
        }

        impl Function {
            /// Every function, by kind.
            pub const ALL: &'static [Function] = &[$(Function::$variant),*];

            /// Its name.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),* }
            }

            /// How many arguments it takes: from, to.
            pub fn arguments(self) -> (usize, usize) {
                match self { $(Self::$variant => ($least, $most)),* }
            }

            /// What it takes and gives, in a sentence without a full stop.
            pub fn says(self) -> &'static str {
                match self { $(Self::$variant => $says),* }
            }
        }
    };
}

functions! {
    If "if" 3..=3 "`if(condition, a, b)`: a where the condition is true, else b";
    Coalesce "coalesce" 1..=50 "`coalesce(a, b, …)`: the first that has a value";
    IsNull "is_null" 1..=1 "`is_null(x)`: whether x has no value; never null itself";
    Round "round" 1..=2 "`round(x)`, `round(x, digits)`: halves go away from zero";
    Floor "floor" 1..=1 "`floor(x)`: the largest whole number that is not above x";
    Ceil "ceil" 1..=1 "`ceil(x)`: the smallest whole number that is not below x";
    Abs "abs" 1..=1 "`abs(x)`: x without its sign";
    Least "least" 1..=50 "`least(a, b, …)`: the smallest; null when one of them is null";
    Greatest "greatest" 1..=50 "`greatest(a, b, …)`: the largest; null when one of them is null";
    Lower "lower" 1..=1 "`lower(text)`: in lower case";
    Upper "upper" 1..=1 "`upper(text)`: in upper case";
    Trim "trim" 1..=1 "`trim(text)`: without spaces at both ends";
    Concat "concat" 1..=50 "`concat(a, b, …)`: the texts one after another; null when one of them is null";
    Substring "substring" 2..=3 "`substring(text, from)`, `substring(text, from, length)`: characters are counted from 1";
    Replace "replace" 3..=3 "`replace(text, what, by)`: every occurrence";
    Length "length" 1..=1 "`length(text)`: how many characters";
    SplitPart "split_part" 3..=3 "`split_part(text, separator, n)`: the n-th part, from 1; the empty text when there are fewer";
    RegexExtract "regex_extract" 2..=2 "`regex_extract(text, 'pattern')`: the first group of the first match, or the match when there is no group";
    DateTrunc "date_trunc" 2..=2 "`date_trunc('month', x)`: the first day of the day, week, month, quarter or year of x";
    DateAdd "date_add" 3..=3 "`date_add(x, n, 'days')`: n units later";
    DateDiff "date_diff" 3..=3 "`date_diff(from, to, 'days')`: whole units from one to the other";
    Now "now" 0..=0 "`now()`: the instant at which the run began";
    Today "today" 0..=0 "`today()`: the day of now in the workspace's time zone";
    Extract "extract" 2..=2 "`extract('year', x)`: year, quarter, month, week, day, day_of_week, day_of_year, hour or minute of x";
}

impl Function {
    /// The function of this name.
    pub fn of(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|function| function.name() == name)
    }
}
