using System.Text;
using Swarm.Protocol;

namespace Swarm.Fuzz.Targets;

/// <summary>Magnet links: what is read is written to a link that reads the same.</summary>
public sealed class MagnetTarget : IFuzzTarget
{
    public string Name => "magnet";

    public IReadOnlyList<byte[]> Corpus { get; } =
    [
        .. new[]
        {
            "magnet:?xt=urn:btih:c3f6f2873921f0e67f057e7028588429dc49dafd&dn=a%20name&tr=http%3A%2F%2Ftracker.example%2Fannounce&x.pe=127.0.0.1:6881",
            "magnet:?xt=urn:btih:YP3PFBZZEHYOM7YFPZYCQWEEFHOETWX5&so=0,2,4-9",
            "magnet:?xt.1=urn:btmh:1220b2bf82e3ea049b4ff2a860a25bc63bbaf9ffcb82b7fc6be18c1c0df1bda32772&ws=https://files.example/x&xs=https://files.example/x.torrent",
        }.Select(Encoding.ASCII.GetBytes),
    ];

    public IReadOnlyList<byte[]> Tokens { get; } =
        [.. new[] { "&xt=urn:btih:", "&xt=urn:btmh:1220", "&so=0-", "&tr=udp://a", "&x.pe=[::1]:1", "%", "%00", "%ff", "+", "&", "=" }.Select(Encoding.ASCII.GetBytes)];

    public void Run(ReadOnlyMemory<byte> input)
    {
        Run(Encoding.UTF8.GetString(input.Span));

        // A command line may hold half surrogate pairs, which no UTF-8 gives.
        Run(string.Create(input.Length, input, (chars, bytes) =>
        {
            for (var i = 0; i < chars.Length; i++)
            {
                chars[i] = (char)(bytes.Span[i] < 0x80 ? bytes.Span[i] : 0xd780 + (bytes.Span[i] * 8));
            }
        }));
    }

    private static void Run(string text)
    {
        if (!Bep53Magnet.TryParse(text, out var magnet, out var error))
        {
            FuzzFailure.Unless(error.Length is > 0 and < 400, "an error is a line");
            return;
        }

        FuzzFailure.Unless(Bep53Magnet.TryParse(magnet.ToString(), out var again, out var second), "a written link is read: " + second);
        FuzzFailure.Unless(magnet.ToString() == again!.ToString(), "write → read → write is stable");
        FuzzFailure.Unless(magnet.InfoHash == again.InfoHash, "the infohash stays");
    }
}
