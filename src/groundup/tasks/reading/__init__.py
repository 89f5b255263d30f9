"""From other people's files to examples: tables, lines, parallel files, SQuAD and bAbI."""
