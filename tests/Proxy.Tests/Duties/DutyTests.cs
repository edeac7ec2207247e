using System.Globalization;
using System.Text;
using Swarm.Proxy.Tests.Harness;

namespace Swarm.Proxy.Tests.Duties;

/// <summary>The thirteen duties of a forward proxy, raw bytes in and out, from tests/golden/duties; every case also shows that no request gets two answers.</summary>
public sealed class DutyTests
{
    public static TheoryData<string, string> Cases
    {
        get
        {
            var data = new TheoryData<string, string>();
            foreach (var (file, name) in DutyCase.All())
            {
                data.Add(file, name);
            }

            return data;
        }
    }

    [Fact]
    public void Duties_AreThirteen_AndEachHasCases() =>
        Assert.Equal(Enumerable.Range(1, 13), DutyCase.All().Select(c => int.Parse(c.File[..2], CultureInfo.InvariantCulture)).Distinct());

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Duty(string file, string name)
    {
        var duty = DutyCase.Load(file, name);
        await using var origin = RawOrigin.Start(async s =>
        {
            while (await s.ReadHeadAsync() is { } head)
            {
                await TakeContentAsync(s, head);
                await s.WriteAsync(head.Contains("/after ", StringComparison.Ordinal) ? "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nafter" : duty.Answer ?? "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
            }
        });
        await using var front = await TestFront.StartAsync(new TestFrontOptions { AllowTargets = duty.AllowsNothing ? [] : ["127.0.0.0/8"] });
        using var client = await front.ConnectAsync();

        await client.SendAsync(Fill(duty.Request));
        var answer = await client.ReadAnswerAsync(duty.Request.StartsWith("HEAD ", StringComparison.Ordinal));

        if (duty.Expected.Contains("closed"))
        {
            Assert.Empty((await client.ReadToEndAsync()).Bytes);
        }
        else
        {
            var heads = origin.Heads.Count;
            await client.SendAsync(duty.AllowsNothing ? "TRACE http://x.example/ HTTP/1.1\r\nHost: x\r\n\r\n" : Fill("GET {url}/after HTTP/1.1\r\nHost: x\r\n\r\n"));
            var next = await client.ReadAnswerAsync();
            Assert.Equal(duty.AllowsNothing ? (405, heads) : (200, heads + 1), (next.Status, origin.Heads.Count));
            Assert.True(duty.AllowsNothing || next.Text == "after", next.Text);
        }

        var toOrigin = duty.Expected.Where(l => l.StartsWith("origin ", StringComparison.Ordinal)).Select(l => Fill(l["origin ".Length..])).ToList();
        var seen = origin.Heads.Where(h => !h.Contains("/after ", StringComparison.Ordinal)).ToList();
        if (toOrigin is ["nothing"])
        {
            Assert.Empty(seen);
        }
        else if (toOrigin.Count > 0)
        {
            Assert.Equal(toOrigin.Order(StringComparer.Ordinal), Assert.Single(seen).Split("\r\n", StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal));
        }

        foreach (var line in duty.Expected.Where(l => l.StartsWith("client ", StringComparison.Ordinal)).Select(l => Fill(l["client ".Length..])))
        {
            Check(answer, line);
        }

        string Fill(string text) => text
            .Replace("{url}", origin.Url, StringComparison.Ordinal).Replace("{authority}", origin.Authority, StringComparison.Ordinal)
            .Replace("{me}", front.Identity.Pseudonym, StringComparison.Ordinal)
            .Replace("{port}", front.Port.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal)
            .Replace("{oport}", origin.Port.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal);
    }

    private static void Check(RawAnswer answer, string line)
    {
        if (int.TryParse(line, CultureInfo.InvariantCulture, out var status))
        {
            Assert.Equal(status, answer.Status);
        }
        else if (line.StartsWith("no ", StringComparison.Ordinal))
        {
            Assert.False(answer.Has(line["no ".Length..]), line);
        }
        else if (line.StartsWith("body ", StringComparison.Ordinal))
        {
            Assert.Equal(line["body ".Length..], answer.Text);
        }
        else
        {
            var colon = line.IndexOf(": ", StringComparison.Ordinal);
            Assert.Contains(answer.Fields, f => f.Name.Equals(line[..colon], StringComparison.OrdinalIgnoreCase) && f.Value == line[(colon + 2)..]);
        }
    }

    private static async Task TakeContentAsync(RawSession session, string head)
    {
        if (head.Contains("\r\nTransfer-Encoding: chunked", StringComparison.OrdinalIgnoreCase))
        {
            var all = new StringBuilder();
            while (!all.ToString().EndsWith("0\r\n\r\n", StringComparison.Ordinal))
            {
                all.Append(await session.ReadTextAsync(1));
            }
        }
        else if (head.Split("\r\n").FirstOrDefault(l => l.StartsWith("Content-Length: ", StringComparison.OrdinalIgnoreCase)) is { } length)
        {
            await session.ReadTextAsync(int.Parse(length["Content-Length: ".Length..], CultureInfo.InvariantCulture));
        }
    }
}
