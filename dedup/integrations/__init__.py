"""Use dedup within other tools. No other module of the package imports these.

- ``dataframe`` drops or tags the copies in a data frame: pandas, Polars, PyArrow and others
- ``scrapy`` an item pipeline, and ``datatrove`` a filter; each needs the extra of its name
- ``datasketch`` searches collections of datasketch's signatures together with an index
- ``record_fields`` and ``registry`` are shared by these modules and not public
"""
