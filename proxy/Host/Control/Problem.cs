using System.Text.Json.Serialization;

namespace Swarm.Proxy.Control;

/// <summary>An error as RFC 9457 writes it: the kind, its name, the status and one sentence that says what to do.</summary>
/// <param name="Type">A URN of ours; stable, for programs.</param>
internal sealed record Problem(string Type, string Title, int Status, [property: JsonPropertyName("detail")] string Detail)
{
    public const string MediaType = "application/problem+json";

    public static Problem Of(int status, string kind, string title, string detail) =>
        new("urn:swarmstream:problem:" + kind, title, status, detail);

    public static Problem NoToken { get; } = Of(401, "token", "Token missing or wrong",
        "Send the token of the file control.token as 'Authorization: Bearer TOKEN'; it is not read from the query or a cookie.");

    public static Problem Host { get; } = Of(421, "host", "Not this server",
        "The Host header must be 127.0.0.1, localhost or [::1] with this port.");

    public static Problem Origin { get; } = Of(403, "origin", "Foreign origin",
        "Pages of other origins may not use this server.");

    public static Problem Header { get; } = Of(403, "header", "Header missing",
        "Requests that change something need the header 'X-Swarm: 1'.");

    public static Problem NotFound { get; } = Of(404, "not-found", "Not found", "There is nothing here; GET /api/v1/openapi.json lists what there is.");

    public static Problem TooLarge(long limitBytes) =>
        Of(413, "too-large", "Body too large", $"The body may have {limitBytes} bytes at most.");
}
