using System.Text;
using Swarm.Protocol;

namespace Swarm.Fuzz.Targets;

/// <summary>Datagrams of local discovery: no more torrents than fit, a port, a short cookie; what is written reads the same.</summary>
public sealed class LsdTarget : IFuzzTarget
{
    private const string Hash = "0123456789abcdef0123456789abcdef01234567";

    public string Name => "lsd";

    public IReadOnlyList<byte[]> Corpus { get; } =
    [
        .. new[]
        {
            $"BT-SEARCH * HTTP/1.1\r\nHost: 239.192.152.143:6771\r\nPort: 6881\r\nInfohash: {Hash}\r\ncookie: abc\r\n\r\n\r\n",
            $"BT-SEARCH * HTTP/1.1\nPort: 1\nInfohash: {Hash}\nInfohash: {Hash[1..]}0\n\n",
        }.Select(Encoding.ASCII.GetBytes),
    ];

    public IReadOnlyList<byte[]> Tokens { get; } =
        [.. new[] { "BT-SEARCH ", "\r\n", "Port: 65536", "Infohash: ", Hash, "cookie: ", ":", "\n\n\n\n" }.Select(Encoding.ASCII.GetBytes)];

    public void Run(ReadOnlyMemory<byte> input)
    {
        if (Bep14LocalDiscovery.Read(input.Span) is not { } said)
        {
            return;
        }

        FuzzFailure.Unless(said.Port > 0 && said.InfoHashes.Length is > 0 and <= Bep14LocalDiscovery.MaxInfoHashes, "a port and some torrents");
        FuzzFailure.Unless(said.InfoHashes.Distinct().Count() == said.InfoHashes.Length, "each torrent once");
        FuzzFailure.Unless(said.Cookie is null or { Length: <= 64 }, "a cookie is short");
        var plain = said with { Cookie = null };
        var written = plain.Write(ipv6: false);
        FuzzFailure.Unless(written.Length <= Bep14LocalDiscovery.MaxBytes, "what is written fits a packet");
        FuzzFailure.Unless(Bep14LocalDiscovery.Read(written) is { } again && again.Port == plain.Port && again.InfoHashes.SequenceEqual(plain.InfoHashes), "write → read gives the same");
    }
}
