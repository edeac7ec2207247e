using System.Net;
using System.Text.Json;
using Swarm.Proxy.Cli;

namespace Swarm.Proxy.Tests;

/// <summary>The layers of the configuration and what each says when it is wrong.</summary>
public sealed class CliSettingsTests
{
    [Fact]
    public void Layers_FileThenEnvironmentThenFlags_TheLaterWins()
    {
        using var cli = new CliHarness();
        cli.Write(".config/swarmstream/swarmstream.json", """{ "listen": "127.0.0.1:1", "control": "127.0.0.1:2", "quota": 1000, "swarm-host": ["a.example", "b.example"] }""");
        cli.Variables["SWARMSTREAM_CONTROL"] = "127.0.0.1:3";
        cli.Variables["SWARMSTREAM_SWARM_HOST"] = "C.example., d.example";
        var loaded = Load(cli, ("quota", ["2K"]));
        Assert.Null(loaded.Problem);
        Assert.Equal(new IPEndPoint(IPAddress.Loopback, 1), loaded.Settings.Listen);
        Assert.Equal(new IPEndPoint(IPAddress.Loopback, 3), loaded.Settings.Control);
        Assert.Equal(2000, loaded.Settings.QuotaBytes);
        Assert.Equal(["c.example", "d.example"], loaded.Settings.SwarmHosts);
        Assert.Equal("SWARMSTREAM_CONTROL", loaded.Given["control"].Where);
    }

    [Fact]
    public void File_TakesCommentsAndTrailingCommas()
    {
        using var cli = new CliHarness();
        cli.Write(".config/swarmstream/swarmstream.json", "{ // mine\n \"no-dht\": true, \"no-lsd\": false, }");
        var loaded = Load(cli);
        Assert.Null(loaded.Problem);
        Assert.False(loaded.Settings.Dht);
        Assert.True(loaded.Settings.Lsd);
    }

    [Fact]
    public void File_PathsAreRelativeToIt()
    {
        using var cli = new CliHarness();
        var file = cli.Write("etc/swarm.json", """{ "record": "logs", "torrent": "a.torrent" }""");
        var loaded = SettingsLoader.Load(new Dictionary<string, IReadOnlyList<string>>(), "etc/swarm.json", Of(cli), NodePaths.Of(Of(cli)));
        Assert.Null(loaded.Problem);
        Assert.Equal(file, loaded.ConfigFile);
        Assert.Equal(Path.Combine(cli.Root, "etc", "logs"), loaded.Settings.RecordDirectory);
        Assert.Equal([Path.Combine(cli.Root, "etc", "a.torrent")], loaded.Settings.TorrentFiles);
    }

    [Theory]
    [InlineData("""{ "lisen": "127.0.0.1:1" }""", "'lisen' is not a setting. Settings are: listen, control,")]
    [InlineData("""{ "listen": 7976 }""", "listen: '7976' is not an address and port")]
    [InlineData("""{ "listen": ["127.0.0.1:1"] }""", "listen: the value must be a text: ADDRESS:PORT")]
    [InlineData("""{ "no-dht": "yes" }""", "no-dht: the value must be true or false")]
    [InlineData("""{ "swarm-host": [1] }""", "swarm-host: the value must be a list of texts")]
    [InlineData("""{ "share": "some" }""", "share: 'some' is not one of off, reading, seed")]
    [InlineData("""{ "quota": "" }""", "quota: the value is empty")]
    [InlineData("""{ "quota": "1K", "quota": "2K" }""", "is not JSON")]
    [InlineData("[]", "the file must hold one JSON object")]
    [InlineData("{\n\"listen\": \n", "line 3 is not JSON")]
    public void File_Wrong_NamesFileKeyAndWhatIsAllowed(string text, string expected)
    {
        using var cli = new CliHarness();
        var file = cli.Write(".config/swarmstream/swarmstream.json", text);
        var problem = Load(cli).Problem;
        Assert.StartsWith(file, problem, StringComparison.Ordinal);
        Assert.Contains(expected, problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Environment_UnknownName_IsAHintAndStopsNothing()
    {
        using var cli = new CliHarness();
        cli.Variables["SWARMSTREAM_LISEN"] = "x";
        var loaded = Load(cli);
        Assert.Null(loaded.Problem);
        Assert.StartsWith("SWARMSTREAM_LISEN is set but is not a setting", Assert.Single(loaded.Hints), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("SWARMSTREAM_NO_DHT", "maybe", "SWARMSTREAM_NO_DHT: 'maybe' is not one of 1, true, 0, false.")]
    [InlineData("SWARMSTREAM_SHARE", "all", "SWARMSTREAM_SHARE: 'all' is not one of off, reading, seed.")]
    public void Environment_Wrong_NamesTheVariable(string name, string value, string expected)
    {
        using var cli = new CliHarness();
        cli.Variables[name] = value;
        Assert.StartsWith(expected, Load(cli).Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void EverySetting_HasOneNameAndItsOwnVariable()
    {
        Assert.Equal(SettingTable.All.Count, SettingTable.All.Select(setting => setting.Name).Distinct().Count());
        Assert.All(SettingTable.All, setting => Assert.Matches("^[a-z]+(-[a-z]+)*$", setting.Name));
    }

    [Fact]
    public async Task ConfigShow_ListsEverySettingWithItsLayer()
    {
        using var cli = new CliHarness();
        cli.Variables["SWARMSTREAM_LISTEN"] = "[::1]:0";
        Assert.Equal(0, await cli.RunAsync("config", "show", "--swarm-host", "a.example", "b.example"));
        using var shown = JsonDocument.Parse(cli.Out.Text);
        var settings = shown.RootElement.GetProperty("settings");
        Assert.Equal(SettingTable.All.Select(setting => setting.Name), settings.EnumerateObject().Select(member => member.Name));
        Assert.Equal("SWARMSTREAM_LISTEN", settings.GetProperty("listen").GetProperty("from").GetString());
        Assert.Equal(["a.example", "b.example"], settings.GetProperty("swarm-host").GetProperty("value").EnumerateArray().Select(value => value.GetString()));
        Assert.Equal("default", settings.GetProperty("control").GetProperty("from").GetString());
    }

    internal static LoadedSettings Load(CliHarness cli, params (string Name, string[] Values)[] flags) => SettingsLoader.Load(
        flags.ToDictionary(flag => flag.Name, flag => (IReadOnlyList<string>)flag.Values), null, Of(cli), NodePaths.Of(Of(cli)));

    internal static Surroundings Of(CliHarness cli) => new(cli.Variables, cli.Root, cli.Out, cli.Error);
}
