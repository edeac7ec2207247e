using System.CommandLine;
using System.Net.Http.Headers;
using System.Text.Json;
using Swarm.Proxy.Control;

namespace Swarm.Proxy.Cli;

/// <summary><c>status</c>: asks the running node how it does.</summary>
internal static class StatusVerb
{
    /// <summary>A local answer takes milliseconds; a node that needs longer is stuck.</summary>
    private static readonly TimeSpan AnswerLimit = TimeSpan.FromSeconds(5);

    public static Command Build(SettingOptions options, Surroundings surroundings)
    {
        var json = new Option<bool>("--json") { Description = "Print the answer of /api/v1/status as it is." };
        var verb = new Command("status", "Ask the running node how it does.") { json };
        options.AddTo(verb, ["data", "control"]);
        verb.SetAction((parsed, cancellation) => RunAsync(surroundings, options.Load(parsed, surroundings), parsed.GetValue(json), cancellation));
        return verb;
    }

    private static async Task<int> RunAsync(Surroundings surroundings, LoadedSettings loaded, bool json, CancellationToken cancellation)
    {
        if (loaded.Problem is { } wrong)
        {
            return Fail(surroundings, wrong, ExitCode.Usage);
        }

        var paths = NodePaths.Of(surroundings, loaded.Settings.DataDirectory);
        var runtime = RuntimeFile.TryRead(paths.Runtime);
        // A node with --control 127.0.0.1:0 is found by what it left in the runtime folder.
        var url = loaded.Settings.Control.Port > 0 && loaded.Given.ContainsKey("control") ? $"http://{loaded.Settings.Control}" : runtime?.Url;
        if (url is null)
        {
            return Fail(surroundings, $"No node is running here (there is no {Path.Combine(paths.Runtime, RuntimeFile.FileName)}). Start one with 'swarmstream'.", ExitCode.Failure);
        }

        var tokenFile = runtime?.Url == url ? runtime!.TokenFile : Path.Combine(paths.State, ControlToken.FileName);
        if (ControlToken.TryRead(tokenFile) is not { } token)
        {
            return Fail(surroundings, $"The token file {tokenFile} cannot be read. Run 'status' as the user who runs the node.", ExitCode.Failure);
        }

        return await AskAsync(surroundings, url, token, json, cancellation);
    }

    private static async Task<int> AskAsync(Surroundings surroundings, string url, string token, bool json, CancellationToken cancellation)
    {
        // A proxy variable of the shell must not carry the token anywhere.
        using var handler = new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false, UseCookies = false };
        using var client = new HttpClient(handler) { Timeout = AnswerLimit };
        using var request = new HttpRequestMessage(HttpMethod.Get, url + "/api/v1/status");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        try
        {
            using var response = await client.SendAsync(request, cancellation);
            var body = await response.Content.ReadAsByteArrayAsync(cancellation);
            if (!response.IsSuccessStatusCode)
            {
                return Fail(surroundings, Refusal(url, (int)response.StatusCode), ExitCode.Failure);
            }

            if (JsonSerializer.Deserialize(body, ControlJson.Default.StatusView) is not { } status)
            {
                return Fail(surroundings, $"{url} answers, but not as a swarmstream node.", ExitCode.Failure);
            }

            surroundings.Out.WriteLine(json ? System.Text.Encoding.UTF8.GetString(body) : StatusText.Format(status));
            return ExitCode.Success;
        }
        catch (JsonException)
        {
            return Fail(surroundings, $"{url} answers, but not as a swarmstream node.", ExitCode.Failure);
        }
        catch (HttpRequestException)
        {
            return Fail(surroundings, $"No node answers at {url}: it has ended. Start one with 'swarmstream'.", ExitCode.Failure);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return Fail(surroundings, $"The node at {url} did not answer within {AnswerLimit.TotalSeconds:F0} s.", ExitCode.Failure);
        }
    }

    private static string Refusal(string url, int status) => status switch
    {
        401 => $"The node at {url} does not take this token: it belongs to another user or --data folder. Name the folder with --data DIR.",
        503 => $"The node at {url} is starting; ask again in a second.",
        _ => $"The node at {url} answered with status {status}.",
    };

    private static int Fail(Surroundings surroundings, string sentence, int code)
    {
        surroundings.Error.WriteLine(sentence);
        return code;
    }
}
