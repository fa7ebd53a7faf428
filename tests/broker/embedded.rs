//! The embedded broker's stage.

use std::sync::Arc;

use preau::base::Epoch;
use preau::base::metrics::Metrics;
use preau::broker::{Broker, Local};
use preau::store::{Settings, Store, backup, restore};

use crate::stage::Stage;

/// A folder with a store in it.
pub(crate) struct Embedded {
    folder: tempfile::TempDir,
    lives: u32,
    metrics: Metrics,
}

impl Embedded {
    fn epoch(&self) -> Epoch {
        Epoch(self.lives)
    }
}

impl Stage for Embedded {
    fn set_up() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), lives: 1, metrics: Metrics::default() }
    }

    fn open(&mut self) -> Arc<dyn Broker> {
        self.metrics = Metrics::default();
        let settings = Settings { fresh_epoch: self.epoch(), pages_max: None };
        let store = Store::open(&self.folder.path().join("store"), settings).unwrap();
        Arc::new(Local::start(&store, self.metrics.clone()).unwrap())
    }

    fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    fn begin_new_life(&mut self) {
        self.lives += 1;
        let (folder, copy) = (self.folder.path().join("store"), self.folder.path().join("copy.db"));
        backup(&folder, &copy, &mut |_| ()).unwrap();
        std::fs::remove_dir_all(&folder).unwrap();
        assert_eq!(restore(&copy, &folder, self.epoch(), &mut |_| ()).unwrap(), self.epoch());
    }
}
