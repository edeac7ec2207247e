namespace Swarm.Lab.Tools;

/// <summary>One run of a tool: where from, and an empty folder that it runs in.</summary>
/// <param name="Base">The site's URL without a slash at the end.</param>
/// <param name="Output">What it wrote to standard output.</param>
public sealed record ToolRun(ToolSite Site, string Base, bool IsHttps, string Folder, string Output = "")
{
    public string In(string name) => Path.Combine(Folder, name);

    /// <summary>The file it wrote is the origin's.</summary>
    public bool Has(string name, string path) => File.Exists(In(name)) && File.ReadAllBytes(In(name)).AsSpan().SequenceEqual(Site[path]);
}
