namespace Terse.Links;

/// <summary>Examples of JSON bodies for the OpenAPI document. A test sends those of requests.</summary>
internal static class LinkExamples
{
    public const string Link =
        """
        {
          "id": "13835058055296",
          "domain": "go.example.com",
          "code": "sale",
          "shortUrl": "https://go.example.com/sale",
          "target": "https://shop.example/autumn?ref=mail",
          "createdAt": "2026-11-27T08:30:00.123Z",
          "expiresAt": "2026-12-24T17:00:00Z",
          "maxVisits": null,
          "aliases": ["autumn"],
          "title": "Autumn sale",
          "note": null,
          "tags": ["mail", "2026"],
          "enabled": true,
          "validFrom": null,
          "expiredTarget": "https://shop.example/",
          "redirectStatus": 302,
          "forwardQuery": "off",
          "forwardPath": false,
          "visitEvents": false,
          "rules": [
            {
              "name": "korean",
              "if": { "language": ["ko"], "device": ["phone", "tablet"] },
              "target": "https://shop.example/ko"
            }
          ],
          "hasPassword": false,
          "visits": { "total": 1204, "bots": 31 }
        }
        """;

    public const string Minimal = """{ "target": "https://shop.example/autumn?ref=mail" }""";

    public const string Full =
        """
        {
          "target": "https://shop.example/autumn?ref=mail",
          "code": "sale",
          "title": "Autumn sale",
          "tags": ["mail", "2026"],
          "expiresAt": "2126-12-24T18:00:00+01:00",
          "expiredTarget": "https://shop.example/",
          "rules": [
            {
              "name": "korean",
              "if": { "language": "ko", "device": ["phone", "tablet"] },
              "target": "https://shop.example/ko"
            }
          ]
        }
        """;

    public const string Change = """{ "title": "Autumn sale, extended", "maxVisits": 5000, "note": null }""";

    public const string Batch =
        """
        {
          "items": [
            { "op": "create", "fields": { "target": "https://shop.example/winter", "code": "winter" } },
            { "op": "change", "code": "sale", "version": 1, "fields": { "enabled": false } },
            { "op": "delete", "code": "autumn" }
          ]
        }
        """;

    public const string BatchResults =
        """
        {
          "items": [
            { "status": 201, "version": 1 },
            { "status": 200, "version": 2 },
            {
              "status": 404,
              "problem": {
                "type": "urn:problem-type:terse:link-not-found",
                "title": "The link was not found",
                "status": 404,
                "detail": "The domain go.example.com has no link with this code.",
                "field": "code",
                "traceId": "b2b8238b883a277bed92e6e1feaf907b"
              }
            }
          ]
        }
        """;

    public const string List =
        $$"""
        { "links": [{{Link}}], "next": "AAAAAAAAAAAADJVMwAAAAA", "count": { "links": 1, "atLeast": false } }
        """;

    public const string Tags =
        """{ "tags": [{ "name": "mail", "links": 12, "visits": 3400 }], "next": "bWFpbA" }""";

    public const string Domain =
        """
        {
          "name": "s.example.org",
          "isDefault": false,
          "state": "active",
          "url": "/api/v1/domains/s.example.org",
          "homeRedirect": "https://www.example.org/",
          "notFoundRedirect": null,
          "expiredRedirect": null,
          "robotsTxt": null,
          "favicon": null,
          "createdAt": "2026-11-27T08:30:00+00:00",
          "version": 1
        }
        """;

    public const string NewDomain =
        """{ "name": "s.example.org", "homeRedirect": "https://www.example.org/" }""";

    public const string ChangedDomain = """{ "notFoundRedirect": "https://www.example.org/missing" }""";

    public const string Domains = $$"""{ "domains": [{{Domain}}] }""";
}
