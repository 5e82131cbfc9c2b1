"""What connectors in Python are written with. The contract's own records are `wit_world.imports.types` and `wit_world.imports.http`, which
`componentize-py` makes of `wit/sluice.wit`; this package has what stands between them and a connector. One idea a file:

    connector   the face: an object with the contract's calls, exported
    call        what a call is about, and requests
    rows        rows in columns, cells with three states
    receipt     what became of each row
    status      what an HTTP status means, decided once
    answer      a platform's answer
    reason      reasons, halts and codes
    text        dates, instants and decimals as text
"""
