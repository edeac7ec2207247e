using Swarm.Diagnostics.Verbs;

namespace Swarm.Proxy.Control;

/// <summary>The node's page. Where the build had no Node it is not there, and <see cref="StatusPage"/> takes its place.</summary>
internal static class Dashboard
{
    private static readonly BuiltPages Pages = new(typeof(Dashboard).Assembly);

    private static readonly BuiltFile? Index = Pages.Find("index.html");

    public static bool IsBuilt => Index is not null;

    public static Task WriteIndexAsync(HttpContext context)
    {
        context.Response.Headers.ContentSecurityPolicy = BuiltPages.ContentSecurityPolicy;
        return Respond.BytesAsync(context, Index!.Bytes, Index.MediaType);
    }

    public static Task WriteFileAsync(HttpContext context) =>
        Pages.Find((string?)context.Request.RouteValues["file"] ?? "") is { } file
            ? Respond.BytesAsync(context, file.Bytes, file.MediaType)
            : Respond.ProblemAsync(context, Problem.Of(404, "file", "No such file", "The dashboard has app.js, app.css and icon.svg, where it was built."));
}
