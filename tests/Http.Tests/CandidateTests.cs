using Swarm.Core;

namespace Swarm.Http.Tests;

/// <summary>The share class (README) with RFC 9111 §3, §3.5, §4.1, §5.2.2.</summary>
public sealed class CandidateTests
{
    public static TheoryData<string, string, string> Golden => GoldenTable.Rows("candidate.txt");

    [Theory]
    [MemberData(nameof(Golden))]
    public void Candidate_Golden(string name, string input, string expected)
    {
        Assert.NotEmpty(name);
        Assert.Equal(expected, Describe(input));
    }

    [Fact]
    public void Candidate_EveryReason_HasASentenceOfItsOwn()
    {
        var sentences = Enum.GetValues<CandidateReason>().Select(r => r.Sentence()).ToList();
        Assert.Equal(sentences.Count, sentences.Distinct().Count());
        Assert.DoesNotContain("unknown reason", sentences);
    }

    [Fact]
    public void Candidate_EveryReason_StandsInTheGoldenFile()
    {
        var used = Golden.Select(row => row.Data.Item3.Split(' ')[^1]).ToHashSet();
        Assert.All(Enum.GetNames<CandidateReason>(), reason => Assert.Contains(reason, used));
    }

    [Fact]
    public void Candidate_PartialAnswer_KnowsWholeAndPart()
    {
        var response = GoldenTable.Fields("Content-Range: bytes 100-199/2000000;;Content-Length: 100;;ETag: \"a\"");
        var candidate = Candidate.Classify("GET", "http://a.example/f", [], 206, response, false, Clock.Now);
        Assert.Equal((2_000_000, new ByteRange(100, 100), new StrongValidator("\"a\"", null)), (candidate.Length, candidate.Body, candidate.Validator));
    }

    [Fact]
    public void Candidate_AnyFieldValues_NeverThrow() => Attack.Survives(text =>
    {
        var response = new HttpFields { { "Cache-Control", text }, { "Vary", text }, { "Content-Length", text }, { "Content-Range", text }, { "Content-Type", text }, { "ETag", text }, { "Date", text } };
        _ = Candidate.Classify("GET", text, new() { { "Cache-Control", text } }, 200, response, false, Clock.Now);
        _ = Candidate.Classify("GET", text, [], 206, response, true, Clock.Now);
    });

    // "GET http://a/f Cookie: x >> 200 Content-Length: 1": method, url, request fields, status, response fields
    private static string Describe(string input)
    {
        var sides = input.Split(">>", StringSplitOptions.TrimEntries);
        var request = sides[0].Split(' ', 3);
        var response = sides[1].Split(' ', 2);
        var fields = GoldenTable.Fields(response.Length > 1 ? response[1] : "");
        var c = Candidate.Classify(
            request[0], request[1], GoldenTable.Fields(request.Length > 2 ? request[2] : ""), int.Parse(response[0]), fields, fields.Has("Repr-Digest"), Clock.Now);
        return $"{(c.IsShareable ? "share" : c.IsCandidate ? "keep" : "pass")} {c.Reason}";
    }
}
