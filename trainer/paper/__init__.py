"""The paper's procedure from the data sets to its table: Pini et al., ICMI 2017, doi 10.1145/3136755.3143006."""
