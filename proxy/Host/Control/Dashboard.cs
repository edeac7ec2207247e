namespace Swarm.Proxy.Control;

/// <summary>
/// The dashboard that Node built from <c>diagnostics/Dashboard</c>, inside the program. Where the build had no Node it is not
/// there, and <see cref="StatusPage"/> takes its place. Its files hold no data: the scripts ask the API with the token.
/// </summary>
internal static class Dashboard
{
    private const string Policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    private static readonly Dictionary<string, BuiltFile> Files = new[] { "index.html", "app.js", "app.css", "icon.svg" }
        .Select(name => (name, bytes: Resources.TryBytes("dashboard/" + name)))
        .Where(file => file.bytes is not null)
        .ToDictionary(file => file.name, file => new BuiltFile(file.bytes!, MediaTypeOf(file.name)));

    public static bool IsBuilt => Files.ContainsKey("index.html");

    public static Task WriteIndexAsync(HttpContext context)
    {
        context.Response.Headers.ContentSecurityPolicy = Policy;
        return Respond.BytesAsync(context, Files["index.html"].Bytes, Files["index.html"].MediaType);
    }

    public static Task WriteFileAsync(HttpContext context) =>
        Files.TryGetValue((string?)context.Request.RouteValues["file"] ?? "", out var file)
            ? Respond.BytesAsync(context, file.Bytes, file.MediaType)
            : Respond.ProblemAsync(context, Problem.Of(404, "file", "No such file", "The dashboard has app.js, app.css and icon.svg, where it was built."));

    private static string MediaTypeOf(string name) => Path.GetExtension(name) switch
    {
        ".js" => "text/javascript; charset=utf-8",
        ".css" => "text/css; charset=utf-8",
        ".svg" => "image/svg+xml",
        _ => "text/html; charset=utf-8",
    };

    private sealed record BuiltFile(byte[] Bytes, string MediaType);
}
