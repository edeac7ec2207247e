using Swarm.Engine;

namespace Swarm.Proxy.Demo;

/// <summary>What the demo's page shows once a second, the body of <c>GET /status</c>.</summary>
/// <param name="Text">One line: what delivers now.</param>
/// <param name="Dashboard">Where the viewer's dashboard is; it asks for the token, which is not in here.</param>
/// <param name="Film">The URL of the film, as the dashboard names it.</param>
/// <param name="Picture">The film's blocks; null before anyone asked for it.</param>
/// <param name="Ready">Up to which part of the film all is here for who reads, 0 to 1; null without a reader.</param>
internal sealed record DemoStatus(
    string Text, string Dashboard, string Film, ContentPicture? Picture, double? Ready, IReadOnlyList<DemoSource> Sources, bool Throttled, bool ReaderStopped);
