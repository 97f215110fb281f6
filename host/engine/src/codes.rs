//! The registry of error codes. A code, once released, never changes its meaning and is never
//! used again.

mod page;

pub(crate) use page::page;

use mintage_volume::VolumeErrorKind;
use std::fmt;

/// Makes the enum, the texts and the list from one table.
macro_rules! codes {
    ($($(#[$doc:meta])* $code:ident $name:literal $meaning:literal),* $(,)?) => {
        /// An error code. The ranges: P1 scripts before they run, P2 limits and the runtime, P3
        /// the volume, P4 attributes, P5 plan libraries, P6 the worker, P7 images and commits, P8 services
        /// that remote commands speak to, P9 running a service.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Code {
            $(#[doc = $meaning] $code,)*
        }

        impl Code {
            /// Every code, in order.
            pub const ALL: &[Self] = &[$(Self::$code),*];

            /// `P3004`.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$code => stringify!($code)),* }
            }

            /// The code's name, `unknown-function`.
            pub fn name(self) -> &'static str {
                match self { $(Self::$code => $name),* }
            }

            /// What it means, in one sentence.
            pub fn meaning(self) -> &'static str {
                match self { $(Self::$code => $meaning),* }
            }
        }
    };
}

codes! {
    P1001 "syntax" "The script cannot be parsed.",
    P1002 "unknown-function" "No function of this name takes these arguments.",
    P1003 "unknown-variable" "No variable or module of this name is known here.",
    P1004 "script-too-large" "The script has more bytes or lines than the limit.",
    P1005 "expression-too-deep" "Expressions are nested deeper than the limit.",
    P1006 "import" "The import names no script of this plan library.",
    P1007 "unknown-module" "No module of this name is granted to plan scripts.",
    P1008 "too-many-definitions" "The script defines more functions or imports more scripts than the limit.",
    P1009 "unreachable" "A statement or step can never be reached.",

    P2001 "too-many-operations" "The script did more operations than the limit.",
    P2002 "call-too-deep" "Functions called each other deeper than the limit.",
    P2003 "value-too-large" "A string, array or map grew past the limit.",
    P2004 "deadline" "The run took longer than its deadline.",
    P2005 "cancelled" "The run was cancelled.",
    P2006 "type" "A value has a type that does not fit here.",
    P2007 "arithmetic" "An arithmetic operation has no result: overflow, division by zero.",
    P2008 "missing-key" "A map has no such key, or an array no such index.",
    P2009 "thrown" "The script threw a value of its own.",
    P2010 "failed" "The script called `fail`.",
    P2011 "internal" "A function of the product itself failed unexpectedly.",
    P2012 "log-too-large" "The script logged more than the limit.",
    P2013 "argument" "An argument has a value that the function does not take.",
    P2014 "template" "A template cannot be parsed or rendered.",
    P2015 "template-fuel" "Rendering a template took more steps than the limit.",
    P2016 "parse" "A file in the volume does not have the format that the function edits.",
    P2017 "runtime" "The script failed while running.",
    P2018 "too-many-variables" "More variables are alive at once than the limit.",

    P3001 "not-found" "The path does not exist in the volume.",
    P3002 "already-exists" "Something is at the path already.",
    P3003 "not-a-directory" "A part of the path is not a directory.",
    P3004 "is-a-directory" "The path is a directory.",
    P3005 "not-a-file" "The path is not a regular file.",
    P3006 "directory-not-empty" "The directory is not empty.",
    P3007 "too-many-links" "Symbolic links lead in circles or are too many.",
    P3008 "invalid-path" "The path is not a valid absolute path.",
    P3009 "invalid-argument" "The filesystem cannot store this value.",
    P3010 "crosses-mounts" "The operation would cross from one filesystem to another.",
    P3011 "no-space" "The filesystem is full.",
    P3012 "read-only" "The filesystem is mounted read-only.",
    P3013 "not-supported" "This kind of filesystem has no such thing.",
    P3014 "limit" "A limit of the run on files or bytes was reached.",

    P4001 "missing-attribute" "A required custom attribute has no value.",
    P4002 "unknown-attribute" "A value was given for an attribute that the build plan does not declare, or a script asks for one.",
    P4003 "attribute-type" "The value does not have the attribute's type.",
    P4004 "attribute-constraint" "The value breaks a constraint of the attribute.",
    P4005 "secret-shown" "A script tried to turn a secret into text.",

    P5001 "library-not-found" "The plan library or a file that it names does not exist.",
    P5002 "build-plan" "The build plan file cannot be read.",
    P5003 "library-escape" "A file of the plan library is a link or lies outside of it.",
    P5004 "library-too-large" "A file of the plan library is larger than the limit, or there are too many.",
    P5005 "profile" "The profile file cannot be read.",
    P5006 "test-case" "A test case cannot be read.",
    P5007 "unused" "A part of the plan library is used by nothing, or more than once by mistake.",
    P5008 "bundle" "The file is no artifact bundle, or it is damaged.",
    P5009 "bundle-entry" "The artifact bundle has an entry that no bundle may have.",
    P5010 "bundle-sum" "A file of the artifact bundle does not have the checksum that is stated.",
    P5011 "bundle-too-large" "The artifact bundle or one of its entries is larger than a limit.",
    P5012 "bundle-artifact" "An artifact of the bundle, or of the folder of one, is not what it must be.",

    P6001 "worker-crashed" "The worker process died.",
    P6002 "worker-memory" "The worker process ran out of its memory limit.",
    P6003 "worker-deadline" "The worker process was ended at its deadline.",
    P6004 "worker-sandbox" "The worker process tried what its sandbox forbids.",
    P6005 "worker-start" "The worker process could not be started or did not answer as agreed.",
    P6006 "worker-cpu" "The worker process used more processor time than its limit.",
    P6007 "worker-cancelled" "The worker process was ended because somebody cancelled the run.",

    P7001 "image-not-found" "The image cannot be opened.",
    P7002 "partition-table" "The partition table is missing or damaged.",
    P7003 "no-root" "No root filesystem was found, or it is not clear which it is.",
    P7004 "unsupported-feature" "The filesystem has a feature that cannot be read or written here.",
    P7005 "encrypted" "The filesystem is encrypted.",
    P7006 "damaged" "The filesystem is damaged.",
    P7007 "device" "Reading or writing the image failed.",
    P7008 "output-exists" "What the command would make exists already.",
    P7009 "commit" "Writing the output volume failed.",
    P7010 "read-back" "A change read back differently from how it was written.",
    P7011 "same-file" "The output volume would be the golden image itself.",
    P7012 "leak" "The captured volume holds what must not travel.",

    P8001 "no-answer" "Nothing answers where the service should be, or the connection broke.",
    P8002 "untrusted" "The service does not show the certificate that is trusted.",
    P8003 "no-login" "There is no session with a service.",
    P8004 "refused" "The service refused the request.",
    P8005 "task-failed" "The task failed, and what it had done is undone.",
    P8006 "foreign-answer" "The answer is none of a Mintage service.",
    P8007 "no-resource" "The service has no resource of this name.",
    P8008 "local-file" "A file on this machine cannot be read or written.",
    P8009 "cannot-apply" "What is to be applied does not fit to what the service has.",

    P9001 "configuration" "The configuration of the service is wrong.",
    P9002 "start" "The service cannot be started.",
    P9003 "stopped" "The service ended because of an error.",
}

impl Code {
    /// Whether it ends the run: the volume or the run itself is lost, or a limit of the whole run
    /// was reached, and no script may catch it.
    pub fn is_fatal(self) -> bool {
        matches!(
            self,
            Self::P2001
                | Self::P2002
                | Self::P2004
                | Self::P2005
                | Self::P2011
                | Self::P2012
                | Self::P3014
                | Self::P4005
                | Self::P7006
                | Self::P7007
                | Self::P7010
        )
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl serde::Serialize for Code {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> serde::Deserialize<'de> for Code {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let found = Self::ALL.iter().find(|code| code.as_str() == text);
        found
            .copied()
            .ok_or_else(|| serde::de::Error::custom(format!("unknown code `{text}`")))
    }
}

impl From<VolumeErrorKind> for Code {
    fn from(kind: VolumeErrorKind) -> Self {
        match kind {
            VolumeErrorKind::NotFound => Self::P3001,
            VolumeErrorKind::AlreadyExists => Self::P3002,
            VolumeErrorKind::NotADirectory => Self::P3003,
            VolumeErrorKind::IsADirectory => Self::P3004,
            VolumeErrorKind::NotAFile => Self::P3005,
            VolumeErrorKind::DirectoryNotEmpty => Self::P3006,
            VolumeErrorKind::TooManyLinks => Self::P3007,
            VolumeErrorKind::InvalidPath => Self::P3008,
            VolumeErrorKind::InvalidArgument => Self::P3009,
            VolumeErrorKind::CrossesMounts => Self::P3010,
            VolumeErrorKind::NoSpace => Self::P3011,
            VolumeErrorKind::ReadOnly => Self::P3012,
            VolumeErrorKind::NotSupported => Self::P3013,
            VolumeErrorKind::LimitReached => Self::P3014,
            VolumeErrorKind::Cancelled => Self::P2005,
            VolumeErrorKind::UnsupportedFeature => Self::P7004,
            VolumeErrorKind::Encrypted => Self::P7005,
            VolumeErrorKind::Damaged => Self::P7006,
            VolumeErrorKind::BadPartitionTable => Self::P7002,
            VolumeErrorKind::NoRoot => Self::P7003,
            VolumeErrorKind::Io => Self::P7007,
            VolumeErrorKind::ReadBackMismatch => Self::P7010,
            // The enum is open to new kinds; a test of this file names every kind.
            _ => Self::P2011,
        }
    }
}

#[cfg(test)]
mod tests;
