using Swarm.Core;

namespace Swarm.Http.Tests;

/// <summary>Invariant I1: what a client sees after a probe; RFC 9110 §15.3.7, RFC 9530 §2.</summary>
public sealed class ProbeMappingTests
{
    private static readonly ByteRange Probe = new(65_536, 65_536);

    public static TheoryData<string, string, string> Golden => GoldenTable.Rows("probe.txt");

    [Theory]
    [MemberData(nameof(Golden))]
    public void Probe_Golden(string name, string input, string expected)
    {
        var cells = input.Split(">>", StringSplitOptions.TrimEntries);
        var answer = cells[1].Split(' ', 2);
        var pinned = name.StartsWith("date only", StringComparison.Ordinal) ? Pinned.Dated : Pinned.Version;
        var outcome = ProbeMapping.Map(GoldenTable.Fields(cells[0]), pinned, Probe, int.Parse(answer[0]), GoldenTable.Fields(answer.Length > 1 ? answer[1] : ""));
        var text = outcome.Kind switch
        {
            ProbeOutcomeKind.Mapped => $"{outcome.Status} {outcome.Fields!.ToString().Replace("\n", ";;", StringComparison.Ordinal)} [{outcome.Client} from {outcome.Origin}]",
            ProbeOutcomeKind.Changed => $"Changed {outcome.Difference}",
            _ => outcome.Kind.ToString(),
        };
        Assert.Equal(expected, text);
    }

    [Fact]
    public void Probe_EveryOtherStatus_IsTheOriginsOwnAnswer()
    {
        for (var status = 100; status < 600; status++)
        {
            if (status is 200 or 206 or 416)
            {
                continue;
            }

            Assert.Equal(ProbeOutcomeKind.PassThrough, ProbeMapping.Map([], Pinned.Version, Probe, status, []).Kind);
        }
    }

    [Fact]
    public void Probe_AnyFieldValues_NeverThrow_AndAreMappedOnlyAtTheRightPlace() => Attack.Survives(text =>
    {
        foreach (var contentRange in new[] { text, $"bytes 65536-131071/{text}", "bytes 65536-131071/2000000" })
        {
            var answer = new HttpFields { { "Content-Range", contentRange }, { "ETag", "\"v1\"" }, { "Content-Type", text }, { "Last-Modified", text } };
            var outcome = ProbeMapping.Map([], Pinned.Version, Probe, 206, answer);
            Assert.True(outcome.Kind != ProbeOutcomeKind.Mapped || (outcome.Origin.Offset == Probe.Offset && Probe.Contains(outcome.Origin)), text);
        }
    });
}
