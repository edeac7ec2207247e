using Swarm.Core;
using Swarm.Http;

namespace Swarm.Fuzz.Targets;

/// <summary>A request's conditions and range, one field a line, against a five-byte representation (RFC 9110 §13, §14).</summary>
public sealed class ConditionsTarget : IFuzzTarget
{
    private static readonly string[] Names = ["Range", "If-Range", "If-Match", "If-None-Match", "If-Modified-Since", "If-Unmodified-Since"];

    private static readonly Representation Current = new(5, EntityTag.Parse("\"v1\""), HttpText.Now.AddDays(-1), HttpText.Now);

    public string Name => "conditions";

    public IReadOnlyList<byte[]> Corpus { get; } = HttpText.Bytes(
        "bytes=0-1\n\"v1\"\n\"v1\", \"v2\"\nW/\"v2\"\nSat, 14 Mar 2026 12:00:00 GMT\nSaturday, 14-Mar-26 12:00:00 GMT",
        "bytes=-2\nSat Mar 14 12:00:00 2026\n*\n\"x\"");

    public IReadOnlyList<byte[]> Tokens { get; } = HttpText.Bytes("\n", "\"v1\"", "W/", "*", ",", "bytes=", "-", "Sat, 14 Mar 2026 12:00:00 GMT", "GMT", "9");

    public void Run(ReadOnlyMemory<byte> input)
    {
        var request = new HttpFields();
        foreach (var (name, value) in Names.Zip(HttpText.Of(input).Split('\n')))
        {
            request.Add(name, value);
        }

        foreach (var role in (ReadOnlySpan<EvaluatorRole>)[EvaluatorRole.OriginServer, EvaluatorRole.Cache])
        {
            var plan = ResponseSelection.Plan("GET", request, Current, role, HttpText.Now);
            var whole = new ByteRange(0, 5);
            FuzzFailure.Unless(
                plan.Status switch
                {
                    200 => plan.Body == whole && !plan.Fields.Has("Content-Range"),
                    206 => whole.Contains(plan.Body) && !plan.Body.IsEmpty && plan.Fields.First("Content-Range") == ContentRange.Format(plan.Body, 5),
                    304 or 412 => plan.Body.IsEmpty,
                    416 => plan.Body.IsEmpty && plan.Fields.First("Content-Range") == "bytes */5",
                    _ => false,
                },
                "status, body and fields agree");
            FuzzFailure.Unless(plan.Status != 412 || role == EvaluatorRole.OriginServer, "only an origin fails a precondition");
            FuzzFailure.Unless(plan.Status != 206 || !request.Has("If-Range") || Conditions.Parse(request, HttpText.Now).AllowsRange(Current), "no part under a false If-Range");
            FuzzFailure.Unless(ResponseSelection.Plan("HEAD", request, Current, role, HttpText.Now).Body.IsEmpty, "a HEAD has no body");
        }
    }
}
