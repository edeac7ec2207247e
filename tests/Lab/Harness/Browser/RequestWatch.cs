using System.Collections.Concurrent;
using System.Text.Json;

namespace Swarm.Lab.Harness.Browser;

/// <summary>The requests of one tab as the browser's network saw them: also those whose answers the page may not see.</summary>
public sealed class RequestWatch
{
    private readonly string _session;
    private readonly ConcurrentDictionary<string, (string Method, string Url, string Type)> _sent = new();
    private readonly ConcurrentDictionary<string, int> _answered = new();

    internal RequestWatch(string session) => _session = session;

    /// <summary>The status of each answer to such a request.</summary>
    /// <param name="type">What the browser wanted it for: <c>Document</c>, <c>Fetch</c>, <c>Ping</c>.</param>
    public IReadOnlyList<int> StatusesOf(string method, string url, string type) =>
        [.. _sent.Where(s => s.Value == (method, url, type)).Select(s => _answered.GetValueOrDefault(s.Key)).Where(status => status != 0)];

    internal void Take(string session, string name, JsonElement said)
    {
        if (session != _session)
        {
            return;
        }

        if (name == "Network.requestWillBeSent")
        {
            var request = said.GetProperty("request");
            _sent[Id(said)] = (Text(request, "method"), Text(request, "url"), Text(said, "type"));
        }
        else if (name == "Network.responseReceivedExtraInfo")
        {
            _answered[Id(said)] = said.GetProperty("statusCode").GetInt32();
        }
    }

    private static string Id(JsonElement said) => Text(said, "requestId");

    private static string Text(JsonElement at, string name) => at.GetProperty(name).GetString()!;
}
