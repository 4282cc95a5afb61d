"""The three trunks of Pini et al. (ICMI 2017): one topology a file, each with a width."""
