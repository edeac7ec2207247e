using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using Swarm.Diagnostics.Tcp;
using Swarm.Engine;
using Swarm.Engine.Targets;
using Swarm.Peer;
using Swarm.Proxy.Control;
using Swarm.Proxy.Front;
using Swarm.Proxy.Interception;
using Swarm.Proxy.Lifetime;
using Swarm.Proxy.Origin;
using Swarm.Proxy.Swarmed;
using Swarm.Proxy.Upstream;

namespace Swarm.Proxy.Cli;

/// <summary>Gathers what <c>doctor</c> judges by. It changes nothing: a port is tried and let go, a file is made and gone at once.</summary>
internal sealed class DoctorRounds(Surroundings surroundings, LoadedSettings loaded)
{
    private readonly ProxySettings _settings = loaded.Settings;

    /// <summary>As often a second as the lab's sampler would look; only whether it may matters here.</summary>
    private const int SamplerHertz = 1000;

    private static readonly TimeSpan SitePatience = TimeSpan.FromSeconds(10);

    /// <summary>A torrent and two pieces, then 20 s for a tracker that is down and five for its peers: it must not hide what was found before.</summary>
    private static readonly TimeSpan SwarmPatience = TimeSpan.FromSeconds(60);

    public async Task<DoctorFacts> GatherAsync(Uri? site, CancellationToken cancellation)
    {
        var paths = NodePaths.Of(surroundings, _settings.DataDirectory);
        var (node, other, ports) = await OfNodeAsync(paths, cancellation);
        var (answered, swarm) = site is null ? default : await OfSiteAsync(site, cancellation);
        var authority = Authority(new AuthorityFolder(paths.State));
        var machine = new MachineRounds(surroundings);
        return new DoctorFacts(
            TimeProvider.System.GetUtcNow(), MachineRounds.Built(), node, surroundings.Variables, _settings.Listen,
            ports,
            [FolderRounds.Try("pieces", paths.Cache), FolderRounds.Try("receipts and keys", paths.State), FolderRounds.Try("runtime", paths.Runtime)],
            authority,
            Tiers(),
            answered)
        {
            Swarm = swarm,
            OtherVersion = other,
            Upstreams = await OfUpstreamsAsync(cancellation),
            ToolProxies = machine.ToolProxies(),
            WantedHosts = [.. _settings.SwarmHosts.Concat(authority?.Hosts ?? []).Distinct()],
            Network = await MachineRounds.NetworkAsync(cancellation),
            OpenFilesMax = MachineRounds.OpenFilesMax(),
            Trust = MachineRounds.Trust(),
            LastWritten = FolderRounds.LastWritten(paths.State),
        };
    }

    /// <summary>Each proxy that origins are reached through, dialled once.</summary>
    private async Task<IReadOnlyList<UpstreamFact>> OfUpstreamsAsync(CancellationToken cancellation)
    {
        var because = loaded.Given.TryGetValue("upstream-proxy", out var given) ? given.Where : "the variable https_proxy or http_proxy";
        List<UpstreamFact> facts = [];
        foreach (var proxy in new[] { _settings.Upstream?.ForHttp, _settings.Upstream?.ForHttps }.OfType<UpstreamProxy>().DistinctBy(static p => p.ToString()))
        {
            facts.Add(new(proxy.ToString(), because, await MachineRounds.DialAsync(proxy.Host.Address?.ToString() ?? proxy.Host.Name, proxy.Port, cancellation)));
        }

        return facts;
    }

    private async Task<(string? Node, string? Other, IReadOnlyList<PortFact> Ports)> OfNodeAsync(NodePaths paths, CancellationToken cancellation)
    {
        var (client, _) = NodeClient.Find(paths);
        using (client)
        {
            var running = client is null ? null : (await client.GetAsync("/api/v1/status", ControlJson.Default.StatusView, cancellation)).Value;
            var own = new HashSet<int>(new[] { running?.Proxy, running?.Control }.OfType<string>().Select(static u => new Uri(u).Port));
            if (running?.Peer is { } peer && IPEndPoint.TryParse(peer, out var at))
            {
                own.Add(at.Port);
            }

            List<(string Flag, IPEndPoint EndPoint)> wanted = [("--listen", _settings.Listen), ("--control", _settings.Control)];
            if (_settings.PeerListen is { } peers)
            {
                wanted.Add(("--peer-listen", PeerListener.OnThisMachine(peers)));
            }

            List<PortFact> ports = [.. wanted.Select(w => new PortFact(w.Flag, w.EndPoint, own.Contains(w.EndPoint.Port) ? null : Taken(w.EndPoint)))];
            var usual = PeerListener.OnThisMachine(new(IPAddress.IPv6Any, SwarmNode.UsualPeerPort));
            if (_settings.PeerListen is null && running is null && _settings.Share != ShareMode.Off)
            {
                ports.Add(new PortFact("--peer-listen", usual, Taken(usual), AnyWillDo: true));
            }

            var other = running is null || (running.Version, running.Commit) == (BuildVersion.Version, BuildVersion.Commit) ? null : $"{running.Version} (commit {running.Commit})";
            return (running?.Control, other, ports);
        }
    }

    /// <summary>Why the node cannot listen there; null when it can.</summary>
    internal static string? Taken(IPEndPoint endPoint)
    {
        try
        {
            using var socket = new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            // As the node does it: who has the port in IPv4 alone is in the way too.
            if (endPoint.Address.Equals(IPAddress.IPv6Any))
            {
                socket.DualMode = true;
            }

            socket.Bind(endPoint);
            socket.Listen(1);
            return null;
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            return $"taken by {PortHolder.Find(endPoint) ?? "another program"}";
        }
        catch (SocketException e)
        {
            return ErrorText.Of(e);
        }
    }

    private static AuthorityFact? Authority(AuthorityFolder folder)
    {
        var (authority, problem) = folder.Read();
        using (authority)
        {
            return authority is null && problem is null ? null : new AuthorityFact(authority?.Hosts.Texts ?? [], authority?.NotAfter ?? default, problem);
        }
    }

    private static IReadOnlyList<ProbeStatus> Tiers()
    {
        var trace = new TraceProbe(TraceMode.OnDemand);
        using var watch = new SocketWatch([new InetDiagProbe(), new NetstatProbe(), trace, new TickProbe(trace, SamplerHertz)], TimeProvider.System);
        return watch.Probes;
    }

    private async Task<(SiteFact Fact, SwarmFact? Swarm)> OfSiteAsync(Uri site, CancellationToken cancellation)
    {
        var url = site.GetComponents(UriComponents.SchemeAndServer | UriComponents.Path, UriFormat.UriEscaped);
        if (!AllowedTargets.TryParse(_settings.AllowTargets, out var allowed, out var problem))
        {
            return Silent(problem!);
        }

        var targets = new TargetPolicy(allowed, new OwnListeners());
        using var transport = new OriginTransport(new OriginOptions { Targets = targets, Time = TimeProvider.System, TrustedRoots = ExtraRoots.Of(_settings.OriginAuthorityFiles), Upstream = _settings.Upstream });
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        patience.CancelAfter(SitePatience);
        using var request = new HttpRequestMessage(HttpMethod.Get, site) { Headers = { Range = new RangeHeaderValue(0, 0) } };
        try
        {
            using var answer = await transport.Invoker.SendAsync(request, patience.Token);
            var fact = new SiteFact(
                url, (int)answer.StatusCode, answer.StatusCode == HttpStatusCode.PartialContent,
                answer.Headers.ETag?.ToString() ?? answer.Content.Headers.LastModified?.ToString("R", System.Globalization.CultureInfo.InvariantCulture), answer.Headers.Date, null);
            return (fact, await OfSwarmAsync(new(transport.Invoker, targets, TimeProvider.System), site, answer, cancellation));
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return Silent("it did not answer in 10 s");
        }
        catch (Exception e) when (e is HttpRequestException or IOException or OutboundException)
        {
            return Silent(ErrorText.Of(e.InnerException as OutboundException ?? e));
        }

        (SiteFact Fact, SwarmFact? Swarm) Silent(string why) => (new(url, 0, false, null, null, why), null);
    }

    /// <summary>What answers only in part is told as far as it goes.</summary>
    private static async Task<SwarmFact?> OfSwarmAsync(SwarmProbe probe, Uri site, HttpResponseMessage answer, CancellationToken cancellation)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        patience.CancelAfter(SwarmPatience);
        string problem;
        try
        {
            var links = answer.Headers.TryGetValues("Link", out var lines) ? lines : [];
            return await probe.LookAsync(site, links, answer.Content.Headers.ContentRange?.Length ?? (answer.StatusCode == HttpStatusCode.OK ? answer.Content.Headers.ContentLength : null), patience.Token);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            problem = $"what it leads to did not answer in {SwarmPatience.TotalSeconds:F0} s";
        }
        catch (Exception e) when (e is HttpRequestException or IOException or OutboundException)
        {
            problem = ErrorText.Of(e.InnerException as OutboundException ?? e);
        }

        return new("of its Link", problem);
    }
}
