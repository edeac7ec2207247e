namespace Swarm.Proxy.Observability;

/// <summary>Where metrics and traces are sent: the base URL of an OpenTelemetry receiver, as OTEL_EXPORTER_OTLP_ENDPOINT has it.</summary>
public sealed record OtlpEndpoint
{
    public const string Variable = "OTEL_EXPORTER_OTLP_ENDPOINT";

    public const string Refusal = $"the value is not the base URL of an OTLP receiver; write e.g. http://127.0.0.1:4318, or none. What it asks for beside the URL goes into {Headers}.";

    private const string Headers = "OTEL_EXPORTER_OTLP_HEADERS";

    private readonly Uri _base;

    private OtlpEndpoint(Uri @base) => _base = @base;

    /// <summary>The signals' paths below the base are the protocol's (OTLP, OTLP/HTTP request).</summary>
    public Uri Metrics => new(_base, "v1/metrics");

    public Uri Traces => new(_base, "v1/traces");

    /// <summary>Refuses credentials in the URL: it is shown in settings and logs.</summary>
    public static bool TryParse(string text, out OtlpEndpoint endpoint)
    {
        endpoint = null!;
        if (!Uri.TryCreate(text.Trim().TrimEnd('/') + '/', UriKind.Absolute, out var parsed) || parsed.Host.Length == 0
            || (parsed.Scheme != Uri.UriSchemeHttp && parsed.Scheme != Uri.UriSchemeHttps) || parsed.UserInfo.Length > 0 || parsed.Query.Length > 0 || parsed.Fragment.Length > 0)
        {
            return false;
        }

        endpoint = new(parsed);
        return true;
    }

    public override string ToString() => _base.AbsoluteUri.TrimEnd('/');
}
