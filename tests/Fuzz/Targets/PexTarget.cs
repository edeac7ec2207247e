using System.Buffers;
using System.Text;
using Swarm.Protocol;

namespace Swarm.Fuzz.Targets;

/// <summary>ut_pex messages: no more peers than count, each with an address and a port; what is written reads the same.</summary>
public sealed class PexTarget : IFuzzTarget
{
    public string Name => "pex";

    public IReadOnlyList<byte[]> Corpus { get; } =
    [
        .. new[]
        {
            "d5:added6:abcdef7:added.f1:\u00126:added618:abcdefghijklmnopqr8:added6.f1:x7:dropped6:ghijkl8:dropped618:abcdefghijklmnopqre",
            "d5:added12:abcdefghijkl7:dropped0:e", "de",
        }.Select(Encoding.ASCII.GetBytes),
    ];

    public IReadOnlyList<byte[]> Tokens { get; } =
        [.. new[] { "5:added", "7:added.f", "6:added6", "8:dropped6", "6:abcdef", "306:", "0:", "e", "\0\0" }.Select(Encoding.ASCII.GetBytes)];

    public void Run(ReadOnlyMemory<byte> input)
    {
        var reader = new SequenceReader<byte>(new(input));
        if (!PexMessage.TryRead(ref reader, out var message))
        {
            return;
        }

        FuzzFailure.Unless(message.Added.Length <= 2 * PexMessage.MaxPeers && message.Dropped.Length <= 2 * PexMessage.MaxPeers, "of each family no more than fifty");
        FuzzFailure.Unless(message.Added.All(p => p.EndPoint is { Port: > 0, IsUnspecified: false }), "a peer has an address and a port");
        var written = new ArrayBufferWriter<byte>();
        message.Write(written, extendedId: 3);
        var again = new SequenceReader<byte>(new(written.WrittenMemory[6..]));
        FuzzFailure.Unless(PexMessage.TryRead(ref again, out var same), "what is written is read");
        FuzzFailure.Unless(same.Added.ToHashSet().SetEquals(message.Added) && same.Dropped.ToHashSet().SetEquals(message.Dropped), "write → read gives the message");
    }
}
