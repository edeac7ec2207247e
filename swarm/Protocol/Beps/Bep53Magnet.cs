using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using Swarm.Core;

namespace Swarm.Protocol;

/// <summary>A magnet link (BEP 9, 52, 53): an infohash and hints where to find its swarm.</summary>
public sealed record Bep53Magnet
{
    private const int MaxChars = 64 * 1024;
    private const int MaxHints = 200;
    private const string MultihashSha256 = "1220";

    public required InfoHash InfoHash { get; init; }

    /// <summary><c>dn</c>: what to show until the metadata is here.</summary>
    public string? DisplayName { get; init; }

    /// <summary><c>tr</c>.</summary>
    public ImmutableArray<string> Trackers { get; init; } = [];

    /// <summary><c>ws</c>: BEP 19 web seeds.</summary>
    public ImmutableArray<string> WebSeeds { get; init; } = [];

    /// <summary><c>xs</c>: http and https URLs of the metainfo.</summary>
    public ImmutableArray<string> Sources { get; init; } = [];

    /// <summary><c>x.pe</c>: peers, <c>host:port</c> as written.</summary>
    public ImmutableArray<string> Peers { get; init; } = [];

    /// <summary><c>so</c>: inclusive ranges of file numbers to select; empty means all.</summary>
    public ImmutableArray<(int First, int Last)> SelectOnly { get; init; } = [];

    /// <param name="error">What is wrong, for a person.</param>
    public static bool TryParse(string? text, [NotNullWhen(true)] out Bep53Magnet? magnet, [NotNullWhen(false)] out string? error)
    {
        magnet = null;
        if (text is null || !text.StartsWith("magnet:?", StringComparison.OrdinalIgnoreCase))
        {
            error = "a magnet link starts with 'magnet:?'; check that all of it was copied";
            return false;
        }

        if (text.Length > MaxChars)
        {
            error = $"the magnet link has {text.Length} characters, {MaxChars} are allowed; drop some of its trackers";
            return false;
        }

        string? v1 = null;
        Hash256? v2 = null;
        string? name = null;
        var (trackers, webSeeds, sources, peers) = (Hints(), Hints(), Hints(), Hints());
        var selected = ImmutableArray.CreateBuilder<(int, int)>();
        foreach (var parameter in text["magnet:?".Length..].Split('&'))
        {
            var equals = parameter.IndexOf('=', StringComparison.Ordinal);
            if (equals < 0)
            {
                continue;
            }

            var value = Uri.UnescapeDataString(parameter[(equals + 1)..].Replace('+', ' '));
            switch (Key(parameter[..equals]))
            {
                case "xt":
                    error = ReadTopic(value, ref v1, ref v2);
                    if (error is not null)
                    {
                        return false;
                    }

                    break;
                case "dn":
                    name ??= value;
                    break;
                case "tr":
                    Add(trackers, MetainfoUrls.ToUrl(value, MetainfoUrls.IsTracker));
                    break;
                case "ws":
                    Add(webSeeds, MetainfoUrls.ToUrl(value, MetainfoUrls.IsHttp));
                    break;
                case "xs":
                    Add(sources, MetainfoUrls.ToUrl(value, MetainfoUrls.IsHttp));
                    break;
                case "x.pe":
                    Add(peers, IsPeer(value) ? value : null);
                    break;
                case "so":
                    ReadSelection(value, selected);
                    break;
                default:
                    break;
            }
        }

        if (v1 is null && v2 is null)
        {
            error = "the magnet link names no torrent: it needs xt=urn:btih:… (v1) or xt=urn:btmh:1220… (v2)";
            return false;
        }

        error = null;
        magnet = new Bep53Magnet
        {
            InfoHash = new InfoHash(v1, v2),
            DisplayName = name,
            Trackers = trackers.ToImmutable(),
            WebSeeds = webSeeds.ToImmutable(),
            Sources = sources.ToImmutable(),
            Peers = peers.ToImmutable(),
            SelectOnly = selected.ToImmutable(),
        };
        return true;
    }

    /// <summary>True if <c>so</c> selects the file, or selects nothing.</summary>
    public bool Selects(int file) => SelectOnly.IsEmpty || SelectOnly.Any(r => file >= r.First && file <= r.Last);

    /// <summary>The link again, hashes first.</summary>
    public override string ToString()
    {
        var parts = new List<string>();
        if (InfoHash.V1Hex is { } v1)
        {
            parts.Add("xt=urn:btih:" + v1);
        }

        if (InfoHash.V2 is { } v2)
        {
            parts.Add($"xt=urn:btmh:{MultihashSha256}{v2}");
        }

        if (DisplayName is { } name)
        {
            parts.Add("dn=" + Uri.EscapeDataString(name));
        }

        parts.AddRange(Trackers.Select(u => "tr=" + Uri.EscapeDataString(u)));
        parts.AddRange(WebSeeds.Select(u => "ws=" + Uri.EscapeDataString(u)));
        parts.AddRange(Sources.Select(u => "xs=" + Uri.EscapeDataString(u)));
        parts.AddRange(Peers.Select(p => "x.pe=" + Uri.EscapeDataString(p)));
        if (!SelectOnly.IsEmpty)
        {
            parts.Add("so=" + string.Join(',', SelectOnly.Select(r => r.First == r.Last ? $"{r.First}" : $"{r.First}-{r.Last}")));
        }

        return "magnet:?" + string.Join('&', parts);
    }

    /// <summary>Numbered keys (<c>xt.1</c>, <c>tr.2</c>) mean the same as plain ones.</summary>
    private static string Key(string key)
    {
        key = key.ToLowerInvariant();
        var dot = key.LastIndexOf('.');
        return dot > 0 && dot + 1 < key.Length && key.AsSpan(dot + 1).IndexOfAnyExceptInRange('0', '9') < 0 ? key[..dot] : key;
    }

    private static string? ReadTopic(string value, ref string? v1, ref Hash256? v2)
    {
        if (value.StartsWith("urn:btih:", StringComparison.OrdinalIgnoreCase))
        {
            var hash = value["urn:btih:".Length..];
            Span<byte> bytes = stackalloc byte[20];
            if (!(hash.Length == 40 ? Convert.FromHexString(hash, bytes, out _, out _) == System.Buffers.OperationStatus.Done : Base32.TryDecode(hash, bytes)))
            {
                return $"xt=urn:btih: needs 40 hex or 32 base32 digits, '{Shorten(hash)}' is neither; check that all of it was copied";
            }

            v1 = Convert.ToHexStringLower(bytes);
        }
        else if (value.StartsWith("urn:btmh:", StringComparison.OrdinalIgnoreCase))
        {
            var hash = value["urn:btmh:".Length..];
            if (!hash.StartsWith(MultihashSha256, StringComparison.Ordinal) || !Hash256.TryParseHex(hash[MultihashSha256.Length..], out var root))
            {
                return $"xt=urn:btmh: needs 1220 and 64 hex digits (SHA-256), '{Shorten(hash)}' is not that; check that all of it was copied";
            }

            v2 = root;
        }

        return null;
    }

    private static void ReadSelection(string value, ImmutableArray<(int, int)>.Builder selected)
    {
        foreach (var part in value.Split(','))
        {
            var ends = part.Split('-');
            if (ends.Length is 1 or 2 && selected.Count < MaxHints && Number(ends[0]) is { } first && Number(ends[^1]) is { } last && first <= last)
            {
                selected.Add((first, last));
            }
        }
    }

    private static int? Number(string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    private static bool IsPeer(string text)
    {
        var colon = text.LastIndexOf(':');
        return colon > 0 && Ascii.IsValid(text) && ushort.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port > 0
            && Uri.CheckHostName(text[..colon].Trim('[', ']')) != UriHostNameType.Unknown;
    }

    private static ImmutableArray<string>.Builder Hints() => ImmutableArray.CreateBuilder<string>();

    private static void Add(ImmutableArray<string>.Builder hints, string? value)
    {
        if (value is not null && hints.Count < MaxHints && !hints.Contains(value))
        {
            hints.Add(value);
        }
    }

    private static string Shorten(string text) => text.Length <= 80 ? text : text[..79] + "…";
}
