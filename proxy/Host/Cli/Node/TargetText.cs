namespace Swarm.Proxy.Cli;

/// <summary>What a person named: a URL, a magnet link or a torrent file.</summary>
internal enum TargetKind
{
    Url,
    Magnet,
    TorrentFile,
}

/// <summary>One address of <c>get</c>, <c>play</c> and <c>add</c>, as it was typed and what it is.</summary>
/// <param name="Text">The URL or magnet as typed; the full path of a file.</param>
internal sealed record TargetText(TargetKind Kind, string Text)
{
    public const string Forms = "an http or https URL, a magnet link or a .torrent file";

    /// <summary>The target, or one sentence why the text names none.</summary>
    public static (TargetText? Target, string? Problem) Parse(string text, Surroundings surroundings)
    {
        if (text.StartsWith("magnet:", StringComparison.OrdinalIgnoreCase))
        {
            return (new(TargetKind.Magnet, text), null);
        }

        if (text.Contains("://", StringComparison.Ordinal))
        {
            return Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "http" or "https" && url.Host.Length > 0
                ? (new(TargetKind.Url, text), null)
                : (null, $"'{text}' is not {Forms}.");
        }

        if (text.Length == 0)
        {
            return (null, $"An address is empty; write {Forms}.");
        }

        var path = surroundings.FullPath(text);
        return File.Exists(path)
            ? (new(TargetKind.TorrentFile, path), null)
            : (null, $"'{text}' is neither a file that exists nor a URL; write {Forms}.");
    }

    /// <summary>The URL as it goes to an origin: escaped, its host in ASCII, without fragment and name.</summary>
    public string Absolute()
    {
        var url = new Uri(Text);
        return $"{url.Scheme}://{url.IdnHost(bracketed: true)}{(url.IsDefaultPort ? "" : ":" + url.Port.ToString(System.Globalization.CultureInfo.InvariantCulture))}{url.PathAndQuery}";
    }

    /// <summary>The gateway address of a URL on the proxy at <paramref name="proxy"/>.</summary>
    public Uri OnGateway(string proxy)
    {
        var url = Absolute();
        var scheme = url.IndexOf(':', StringComparison.Ordinal);
        return new Uri($"{proxy}/gateway/{url[..scheme]}/{url[(scheme + 3)..]}");
    }

    /// <summary>The file name that the URL suggests: its last segment, unescaped and harmless, or <c>download</c>.</summary>
    public string SuggestedName()
    {
        var path = new Uri(Text).AbsolutePath.TrimEnd('/');
        var name = Uri.UnescapeDataString(path[(path.LastIndexOf('/') + 1)..]);
        return Harmless(name);
    }

    /// <summary>One segment of a path, without what could leave the folder, hide the file or move a terminal.</summary>
    public static string Harmless(string name)
    {
        var clean = new string([.. name.Select(c => c is '/' or '\\' or ':' or '\0' || char.IsControl(c) ? '_' : c)]).TrimStart('.').Trim();
        return clean.Length == 0 ? "download" : clean.Length > 200 ? clean[..200] : clean;
    }
}

file static class UriText
{
    public static string IdnHost(this Uri url, bool bracketed) => bracketed && url.HostNameType == UriHostNameType.IPv6 ? $"[{url.IdnHost}]" : url.IdnHost;
}
