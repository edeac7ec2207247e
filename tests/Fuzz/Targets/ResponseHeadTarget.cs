using Swarm.Http;

namespace Swarm.Fuzz.Targets;

/// <summary>Heads of responses and where their content ends (RFC 9112): what is read is a token and a clean value each, and nothing beyond the empty line is used.</summary>
public sealed class ResponseHeadTarget : IFuzzTarget
{
    public string Name => "response-head";

    public IReadOnlyList<byte[]> Corpus { get; } = HttpText.Bytes(
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nETag: \"a\"\r\n\r\nhello",
        "HTTP/1.0 206 Partial Content\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n",
        "HTTP/1.1 103\nLink: </x>\n\n");

    public IReadOnlyList<byte[]> Tokens { get; } = HttpText.Bytes("HTTP/1.1 ", "\r\n", "\n", "\r", ": ", "Content-Length: ", "Transfer-Encoding: chunked\r\n", "\0", " ", "\t", ",", "304");

    public void Run(ReadOnlyMemory<byte> input)
    {
        if (ResponseHeadReader.TryRead(input.Span, out var head, out var consumed, out var fault) != HeadRead.Complete)
        {
            FuzzFailure.Unless(head is null, "no head without its end");
            return;
        }

        FuzzFailure.Unless(fault is null && consumed > 0 && consumed <= input.Length && input.Span[(int)consumed - 1] == '\n', "a head ends with its empty line");
        FuzzFailure.Unless(head!.Status is >= 100 and <= 999, "a status has three digits");
        foreach (var (name, value) in head.Fields)
        {
            FuzzFailure.Unless(name.Length > 0 && name.IndexOfAny([' ', ':', '\r', '\n', '\0', '\t']) < 0, "a name is a token");
            FuzzFailure.Unless(value.IndexOfAny(['\r', '\n', '\0']) < 0, "a value has no line end");
        }

        FuzzFailure.Unless(ResponseHeadReader.TryRead(input.Span[..(int)consumed], out var again, out _, out _) == HeadRead.Complete
            && again!.Fields.ToString() == head.Fields.ToString(), "what follows the head does not change it");
        if (BodyFraming.Decide("GET", head, out var framing) is null)
        {
            FuzzFailure.Unless(framing.Kind != BodyKind.UntilClose || !framing.Persistent, "content that ends with the connection ends it");
            FuzzFailure.Unless(framing.Kind != BodyKind.Length || head.Fields.First("Content-Length") is { } one && long.Parse(one, System.Globalization.CultureInfo.InvariantCulture) == framing.Length, "one length");
            FuzzFailure.Unless(head.Exact || !framing.Persistent, "leniency costs the connection");
        }
    }
}
