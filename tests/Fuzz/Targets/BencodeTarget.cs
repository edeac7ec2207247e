using System.Text;
using Swarm.Protocol;

namespace Swarm.Fuzz.Targets;

/// <summary>Bencode: what is read strictly is written again to the same bytes.</summary>
public sealed class BencodeTarget : IFuzzTarget
{
    public string Name => "bencode";

    public IReadOnlyList<byte[]> Corpus { get; } =
    [
        .. new[] { "i-42e", "4:spam", "d3:bar4:spam3:fooi42ee", "ld1:ai0e1:bl1:x0:eee", "d0:le1:ad1:bd1:cleeee" }.Select(Encoding.ASCII.GetBytes),
        .. GoldenCorpus.Files("metainfo", "*.torrent"),
    ];

    public IReadOnlyList<byte[]> Tokens { get; } = [.. new[] { "l", "d", "e", "i", "0:", "1:a", "le", "de", "i0e", "d1:a" }.Select(Encoding.ASCII.GetBytes)];

    public void Run(ReadOnlyMemory<byte> input)
    {
        var strict = BencodeDocument.TryParse(input, out var document, out var error);
        FuzzFailure.Unless(strict || (error.Position >= 0 && error.Position <= input.Length && error.ToString().Length < 400), "an error has a place in the input and fits a line");
        if (strict)
        {
            FuzzFailure.Unless(document!.Length == input.Length, "a strict reading takes all bytes");
            FuzzFailure.Unless(BencodeTree.From(document.Root).ToArray().AsSpan().SequenceEqual(input.Span), "decode → encode gives the input");
        }

        var loose = BencodeDocument.TryParsePrefix(input, out var prefix, out _, order: BencodeKeyOrder.Any);
        FuzzFailure.Unless(loose || !strict, "what is read strictly is read loosely");
        FuzzFailure.Unless(!loose || BencodeDocument.TryParse(prefix!.Root.Raw, out _, out _, order: BencodeKeyOrder.Any), "a value's raw bytes are that value");
    }
}
