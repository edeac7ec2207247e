using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using Swarm.Core;
using Swarm.Proxy.Control;
using Swarm.Testing;

namespace Swarm.Proxy.Tests;

/// <summary>The event stream.</summary>
public sealed class ControlEventTests
{
    [Fact]
    public async Task Stream_StartsWhole_ThenTellsOnlyWhatChanged()
    {
        var time = new FakeTime();
        await using var control = await ControlHarness.StartAsync(time: time);
        using var stream = await Stream.OpenAsync(control);
        var (name, whole) = await stream.NextAsync();
        Assert.Equal("status", name);
        Assert.Equal("swarmstream.status/1", whole.GetProperty("schema").GetString());

        control.Metrics.AddReceived(SourceKind.Peer, 9);
        time.Advance(ControlOptions.StatusInterval);
        var (_, delta) = await stream.NextAsync();
        Assert.Equal(["received_bytes", "uptime_ms"], delta.EnumerateObject().Select(member => member.Name).Order());
        Assert.Equal(9, delta.GetProperty("received_bytes").GetProperty("peer").GetInt64());
    }

    [Fact]
    public async Task Stream_TellsTheNodesEvents_EachOnOneDataLine()
    {
        var time = new FakeTime();
        await using var control = await ControlHarness.StartAsync(time: time);
        using var stream = await Stream.OpenAsync(control);
        await stream.NextAsync();
        control.Events.Publish(new NodeEvent("rejected", ControlSamples.Noon, "192.0.2.7:51413", 16384, "line\nbreak\r\n\nevent: forged"));
        var (name, data) = await stream.NextAsync();
        Assert.Equal("rejected", name);
        Assert.Equal("line\nbreak\r\n\nevent: forged", data.GetProperty("detail").GetString());
        Assert.Equal(16384, data.GetProperty("bytes").GetInt64());
    }

    [Fact]
    public async Task StreamsBeyondTheLimit_AreRefused_AndAFreedPlaceIsTakenAgain()
    {
        await using var control = await ControlHarness.StartAsync();
        var open = new List<Stream>();
        for (var i = 0; i < ControlOptions.EventStreamLimit; i++)
        {
            open.Add(await Stream.OpenAsync(control));
        }

        using (var refused = await control.GetAsync("/api/v1/events"))
        {
            await ControlAttackTests.AssertProblemAsync(refused, HttpStatusCode.ServiceUnavailable, "streams");
        }

        foreach (var one in open)
        {
            one.Dispose();
        }

        HttpStatusCode status;
        do
        {
            // The listener learns of a closed client when it next reads or writes.
            using var again = await control.Client.GetAsync(new Uri(control.Url + "/api/v1/events"), HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
            status = again.StatusCode;
        }
        while (status == HttpStatusCode.ServiceUnavailable);
        Assert.Equal(HttpStatusCode.OK, status);
    }

    [Fact]
    public async Task Stop_EndsOpenStreams()
    {
        var control = await ControlHarness.StartAsync();
        using var stream = await Stream.OpenAsync(control);
        await stream.NextAsync();
        var stopped = control.DisposeAsync().AsTask();
        await stopped.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
    }

    [Fact]
    public void Changes_AreMembersThatDiffer_AtAnyDepth()
    {
        var last = JsonNode.Parse("""{ "a": 1, "b": { "c": [1, 2] }, "d": null }""")!.AsObject();
        var now = JsonNode.Parse("""{ "a": 1, "b": { "c": [1, 3] }, "d": null, "e": 5 }""")!.AsObject();
        Assert.Equal("""{"b":{"c":[1,3]},"e":5}""", EventStream.Changes(last, now).ToJsonString());
        Assert.Empty(EventStream.Changes(now, now));
    }

    private sealed class Stream(HttpResponseMessage response, StreamReader reader) : IDisposable
    {
        public static async Task<Stream> OpenAsync(ControlHarness control)
        {
            var response = await control.Client.GetAsync(
                new Uri(control.Url + "/api/v1/events"), HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
            Assert.Equal("text/event-stream", response.Content.Headers.ContentType?.MediaType);
            return new Stream(response, new StreamReader(await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken)));
        }

        public async Task<(string Name, JsonElement Data)> NextAsync()
        {
            var name = "";
            while (await reader.ReadLineAsync(TestContext.Current.CancellationToken) is { } line)
            {
                if (line.StartsWith("event: ", StringComparison.Ordinal))
                {
                    name = line[7..];
                }
                else if (line.StartsWith("data: ", StringComparison.Ordinal))
                {
                    using var data = JsonDocument.Parse(line[6..]);
                    return (name, data.RootElement.Clone());
                }
            }

            throw new EndOfStreamException("the event stream ended");
        }

        public void Dispose()
        {
            reader.Dispose();
            response.Dispose();
        }
    }
}
