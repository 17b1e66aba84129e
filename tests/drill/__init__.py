"""`make drill`: three borrowers, every fault, kills and restarts; then the books of the provider against ours."""
