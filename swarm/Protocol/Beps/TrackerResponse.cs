using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Swarm.Protocol;

/// <summary>A tracker's answer (BEP 3, 7, 15, 23): peers and when to come back, or why not.</summary>
public sealed record TrackerResponse
{
    /// <summary>A day: no sane tracker asks for longer silence, and a broken one must not mute a swarm for years.</summary>
    internal const int MaxIntervalSeconds = 86_400;

    /// <summary>libtorrent asks for 200; a tracker that sends many more is not believed further.</summary>
    private const int MaxPeers = 4096;

    private const int MaxTextChars = 1024;

    /// <summary>What the tracker refused with; null on success.</summary>
    public string? FailureReason { get; internal init; }

    public string? Warning { get; internal init; }

    /// <summary>Seconds to the next regular announce; 0 where the tracker refused without one.</summary>
    public int IntervalSeconds { get; internal init; }

    /// <summary>Announce no more often than this; 0 if the tracker sets no bound.</summary>
    public int MinIntervalSeconds { get; internal init; }

    public ReadOnlyMemory<byte> TrackerId { get; internal init; }

    /// <summary>Seeds; null if not told.</summary>
    public int? Complete { get; internal init; }

    /// <summary>Leeches; null if not told.</summary>
    public int? Incomplete { get; internal init; }

    /// <summary>IPv4 and IPv6 peers in the order told, without repeats and without ports of 0.</summary>
    public ImmutableArray<PeerEndpoint> Peers { get; internal init; } = [];

    /// <summary>Peers that were named by host, not by address; they need a resolver.</summary>
    public ImmutableArray<(string Host, ushort Port)> NamedPeers { get; internal init; } = [];

    public bool Succeeded => FailureReason is null;

    /// <summary>One tracker's answers over IPv4 and IPv6 as one: the peers of both, the longer interval, the larger counts.</summary>
    public TrackerResponse MergedWith(TrackerResponse other) => this with
    {
        IntervalSeconds = Math.Max(IntervalSeconds, other.IntervalSeconds),
        MinIntervalSeconds = Math.Max(MinIntervalSeconds, other.MinIntervalSeconds),
        Complete = Larger(Complete, other.Complete),
        Incomplete = Larger(Incomplete, other.Incomplete),
        Peers = [.. Peers.Concat(other.Peers).Distinct().Take(MaxPeers)],
    };

    /// <param name="error">What is wrong and where, for a person.</param>
    public static bool TryParse(ReadOnlyMemory<byte> body, [NotNullWhen(true)] out TrackerResponse? response, [NotNullWhen(false)] out string? error)
    {
        response = null;
        if (!BencodeDocument.TryParsePrefix(body, out var document, out var broken, order: BencodeKeyOrder.Any))
        {
            error = $"the tracker's answer is no bencoding: {broken}; check its announce URL";
            return false;
        }

        var root = document.Root;
        if (root.Kind != BencodeKind.Dictionary)
        {
            error = "the tracker's answer is no dictionary; check its announce URL";
            return false;
        }

        var failure = root["failure reason"u8];
        var interval = Seconds(root["interval"u8]);
        var minInterval = Seconds(root["min interval"u8]);
        if (failure.Exists)
        {
            error = null;
            response = new() { FailureReason = Text(failure) ?? "the tracker gave no reason", IntervalSeconds = interval ?? 0, MinIntervalSeconds = minInterval ?? 0 };
            return true;
        }

        if (interval is null)
        {
            error = "the tracker's answer has neither 'interval' nor 'failure reason'; try another tracker";
            return false;
        }

        var peers = new List<PeerEndpoint>();
        var named = new List<(string, ushort)>();
        error = ReadPeers(root["peers"u8], peers, named);
        var peers6 = root["peers6"u8];
        if (error is null && peers6.Kind == BencodeKind.Bytes && !Bep07Ipv6Peers.TryRead(peers6.Bytes.Span, peers))
        {
            error = $"the tracker's answer: 'peers6' has {peers6.Bytes.Length} bytes, no multiple of {Bep07Ipv6Peers.EntryBytes}; try another tracker";
        }

        if (error is not null)
        {
            return false;
        }

        response = new()
        {
            Warning = Text(root["warning message"u8]),
            IntervalSeconds = interval.Value,
            MinIntervalSeconds = minInterval ?? 0,
            TrackerId = root["tracker id"u8].Bytes,
            Complete = Count(root["complete"u8]),
            Incomplete = Count(root["incomplete"u8]),
            Peers = [.. peers.Distinct().Take(MaxPeers)],
            NamedPeers = [.. named.Distinct().Take(MaxPeers)],
        };
        return true;
    }

    private static string? ReadPeers(BencodeValue value, List<PeerEndpoint> peers, List<(string, ushort)> named)
    {
        if (value.Kind == BencodeKind.Bytes)
        {
            return Bep23CompactPeers.TryRead(value.Bytes.Span, peers)
                ? null
                : $"the tracker's answer: 'peers' has {value.Bytes.Length} bytes, no multiple of {Bep23CompactPeers.EntryBytes}; try another tracker";
        }

        foreach (var item in value.Items)
        {
            // BEP 3: 'ip' is an address or a DNS name.
            if (item["port"u8].TryGetInteger(out var port) && port is > 0 and <= ushort.MaxValue && item["ip"u8].TryGetText(out var ip))
            {
                if (System.Net.IPAddress.TryParse(ip, out var address))
                {
                    var peer = PeerEndpoint.From(address, (int)port);
                    if (!peer.IsUnspecified)
                    {
                        peers.Add(peer);
                    }
                }
                else if (System.Text.Ascii.IsValid(ip) && Uri.CheckHostName(ip) == UriHostNameType.Dns)
                {
                    named.Add((ip, (ushort)port));
                }
            }
        }

        return null;
    }

    private static int? Larger(int? a, int? b) => a is null || b > a ? b : a;

    private static int? Seconds(BencodeValue value) =>
        value.TryGetInteger(out var seconds) && seconds >= 0 ? (int)Math.Min(seconds, MaxIntervalSeconds) : null;

    internal static int? Count(BencodeValue value) =>
        value.TryGetInteger(out var count) && count is >= 0 and <= int.MaxValue ? (int)count : null;

    private static string? Text(BencodeValue value) => value.Kind == BencodeKind.Bytes ? Text(value.Bytes.Span) : null;

    /// <summary>A tracker's words, made safe for a terminal and a log.</summary>
    internal static string Text(ReadOnlySpan<byte> utf8)
    {
        var text = System.Text.Encoding.UTF8.GetString(utf8[..Math.Min(utf8.Length, MaxTextChars)]);
        return new string([.. text.Where(c => CharUnicodeInfo.GetUnicodeCategory(c) is not (UnicodeCategory.Control or UnicodeCategory.Format))]);
    }
}
