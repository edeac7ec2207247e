namespace Swarm.Proxy.Cli;

/// <summary>A file in which a tool looks for a proxy.</summary>
/// <param name="Keys">The keys by full name in lower case, <c>section.key</c> or <c>key</c>; apt's with <c>::</c>.</param>
internal sealed record ToolProxyFile(string Tool, string Path, ToolProxyForm Form, IReadOnlyList<string> Keys)
{
    private static readonly string[] Git = ["http.proxy"];
    private static readonly string[] Npm = ["proxy", "https-proxy", "http-proxy"];
    private static readonly string[] Pip = ["global.proxy", "install.proxy", "download.proxy"];
    private static readonly string[] Curl = ["proxy", "-x", "--proxy"];
    private static readonly string[] Wget = ["http_proxy", "https_proxy"];
    private static readonly string[] Cargo = ["http.proxy"];
    private static readonly string[] Apt = ["acquire::http::proxy", "acquire::https::proxy"];

    /// <summary>Where each tool looks on Linux, the user's file and the machine's; <c>apt.conf.d</c> as its files are.</summary>
    /// <param name="home">The user's folder.</param>
    /// <param name="config">XDG_CONFIG_HOME, or what stands for it.</param>
    /// <param name="root">The machine's root folder.</param>
    public static IEnumerable<ToolProxyFile> All(string home, string config, string root)
    {
        string Home(string path) => System.IO.Path.Combine(home, path);
        string Config(string path) => System.IO.Path.Combine(config, path);
        string Etc(string path) => System.IO.Path.Combine(root, "etc", path);
        yield return new("git", Home(".gitconfig"), ToolProxyForm.Ini, Git);
        yield return new("git", Config("git/config"), ToolProxyForm.Ini, Git);
        yield return new("git", Etc("gitconfig"), ToolProxyForm.Ini, Git);
        yield return new("npm", Home(".npmrc"), ToolProxyForm.Ini, Npm);
        yield return new("npm", Etc("npmrc"), ToolProxyForm.Ini, Npm);
        yield return new("pip", Config("pip/pip.conf"), ToolProxyForm.Ini, Pip);
        yield return new("pip", Home(".pip/pip.conf"), ToolProxyForm.Ini, Pip);
        yield return new("pip", Etc("pip.conf"), ToolProxyForm.Ini, Pip);
        yield return new("curl", Home(".curlrc"), ToolProxyForm.Ini, Curl);
        yield return new("wget", Home(".wgetrc"), ToolProxyForm.Ini, Wget);
        yield return new("wget", Etc("wgetrc"), ToolProxyForm.Ini, Wget);
        yield return new("cargo", Home(".cargo/config.toml"), ToolProxyForm.Ini, Cargo);
        yield return new("apt", Etc("apt/apt.conf"), ToolProxyForm.Apt, Apt);
        foreach (var part in Parts(Etc("apt/apt.conf.d")))
        {
            yield return new("apt", part, ToolProxyForm.Apt, Apt);
        }
    }

    private static IEnumerable<string> Parts(string folder)
    {
        try
        {
            return Directory.Exists(folder) ? [.. Directory.EnumerateFiles(folder).Order(StringComparer.Ordinal)] : [];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
