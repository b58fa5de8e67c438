"""Make the data that the package ships: models of relations, labelled pairs, common word pairs, character variants."""
