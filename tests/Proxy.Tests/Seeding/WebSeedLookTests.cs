using System.Globalization;
using Swarm.Proxy.Seeding;
using Swarm.Proxy.Tests.Harness;
using Swarm.Proxy.Tests.Swarmed;
using Swarm.Testing;

namespace Swarm.Proxy.Tests.Seeding;

/// <summary>What is said of a site's own URL when its first file is published.</summary>
public sealed class WebSeedLookTests : IDisposable
{
    private static readonly Film Film = Film.Make(81);

    private readonly RecordingReport _report = new();
    private readonly HttpMessageInvoker _http = new(new SocketsHttpHandler { UseProxy = false });
    private readonly FakeTime _time = new();
    private readonly CancellationTokenSource _stop = new();

    public void Dispose()
    {
        _http.Dispose();
        _stop.Dispose();
    }

    [Theory]
    [InlineData("200 OK", 0, null)]
    [InlineData("404 Not Found", 0, "answers 404")]
    [InlineData("302 Found", 0, "answers 302")]
    [InlineData("200 OK", 1, "has {0:N0} bytes, the file has {1:N0}")]
    public async Task FirstFile_IsAskedFor_AndWhatIsWrongIsSaid(string status, int more, string? said)
    {
        await using var site = RawOrigin.Always($"HTTP/1.1 {status}\r\nContent-Length: {Film.Length + more}\r\n\r\n");
        var look = new WebSeedLook(_report, _http, _time, _stop.Token);

        look.Published(File($"{site.Url}/a%20(1).mp4"));
        look.Published(File($"{site.Url}/b.mp4"));
        await look.Looking;

        Assert.StartsWith("HEAD /a%20(1).mp4 ", Assert.Single(site.Heads), StringComparison.Ordinal);
        Assert.Equal(["+a%20(1).mp4", "+b.mp4"], _report.Events);
        Assert.Equal(
            said is null ? [] : [$"{site.Url}/a%20(1).mp4 {string.Format(CultureInfo.InvariantCulture, said, Film.Length + more, Film.Length)}: see that --web-seed is the URL that the folder has on the site; it is in every torrent."], _report.Sentences);
    }

    [Fact]
    public async Task SiteThatIsSilent_IsSaid_AndHoldsUpNothing()
    {
        await using var site = RawOrigin.Start(static session => session.DrainAsync());
        var look = new WebSeedLook(_report, _http, _time, _stop.Token);
        look.Published(File($"{site.Url}/a.mp4"));
        await Eventually.IsTrueAsync(() => _time.RunningTimers > 0, "its time runs");
        _time.Advance(TimeSpan.FromSeconds(10));
        await look.Looking;
        Assert.StartsWith($"{site.Url}/a.mp4 cannot be reached from here (no answer in 10 s): ", Assert.Single(_report.Sentences), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Stopping_IsNoFaultOfTheSites()
    {
        await using var site = RawOrigin.Start(static session => session.DrainAsync());
        var look = new WebSeedLook(_report, _http, _time, _stop.Token);
        look.Published(File($"{site.Url}/a.mp4"));
        await _stop.CancelAsync();
        await look.Looking;
        Assert.Empty(_report.Sentences);
    }

    [Fact]
    public async Task WithoutAUrl_NobodyIsAsked()
    {
        var look = new WebSeedLook(_report, _http, _time, _stop.Token);
        look.Published(File(null));
        await look.Looking;
        Assert.Empty(_report.Sentences);
    }

    private static SiteFile File(string? url) => new(url?[(url.LastIndexOf('/') + 1)..] ?? "a.mp4", Film.Torrent, "magnet:", url, null);
}
