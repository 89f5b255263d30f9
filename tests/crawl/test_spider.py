from __future__ import annotations

from groundup.crawl.settings import CrawlSettings
from groundup.crawl.spider import scrapy_settings


def test_what_of_scrapy_would_be_in_the_way_is_off() -> None:
    told = scrapy_settings(CrawlSettings(("https://example.org/",), "a@b.cd"))
    for parts in ("DOWNLOADER_MIDDLEWARES_BASE", "SPIDER_MIDDLEWARES_BASE", "EXTENSIONS_BASE"):
        assert told[parts] == {}
    assert set(told["DOWNLOAD_HANDLERS_BASE"]) == {"http", "https"}, "no file:, data:, ftp: or s3:"
    assert told["DOWNLOAD_VERIFY_CERTIFICATES"] is True
    assert told["TELNETCONSOLE_ENABLED"] is False
