namespace Swarm.Proxy.Cli;

/// <summary>The variables that lead one process tree through the proxy. No standard names them: each list is what tools read.</summary>
internal static class ExecEnvironment
{
    /// <summary>What runs on this machine, in the form that tools agree on.</summary>
    public const string ThisMachine = "localhost,127.0.0.1,::1";

    /// <summary>Names and networks that a proxy on this machine is no help for, in the forms that tools understand (suffixes; networks only by some).</summary>
    public const string PrivateNames =
        ThisMachine + ",.localhost,.local,.internal,.lan,.home.arpa,10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,169.254.0.0/16,fc00::/7,fe80::/10";

    /// <summary>curl reads http_proxy in lower case only (CGI would set the other); most read either.</summary>
    private static readonly string[] ProxyVariables = ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"];

    /// <summary>Each replaces its tool's own roots, so that the bundle holds the system's, too. Also where a user's own roots are looked for.</summary>
    public static readonly IReadOnlyList<string> RootVariables =
    [
        "SSL_CERT_FILE", // OpenSSL, Go, rustls-native-certs
        "CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "PIP_CERT", "GIT_SSL_CAINFO", "npm_config_cafile", "NODE_EXTRA_CA_CERTS", "DENO_CERT",
        "AWS_CA_BUNDLE", "CARGO_HTTP_CAINFO", "NIX_SSL_CERT_FILE", "BUNDLE_SSL_CA_CERT", "HTTPLIB2_CA_CERTS", "CLOUDSDK_CORE_CUSTOM_CA_CERTS_FILE",
        "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH",
    ];

    /// <param name="given">The variables the user has.</param>
    /// <param name="proxy">The proxy's URL.</param>
    /// <param name="direct">What goes past the proxy, besides what the user's own NO_PROXY says.</param>
    /// <param name="trust">The files to trust by; null leaves the user's alone.</param>
    public static Dictionary<string, string> Of(IReadOnlyDictionary<string, string> given, string proxy, string direct, TrustFiles? trust)
    {
        var variables = new Dictionary<string, string>(given);
        foreach (var name in ProxyVariables)
        {
            variables[name] = proxy;
        }

        var noProxy = string.Join(',', new[] { given.GetValueOrDefault("no_proxy", ""), given.GetValueOrDefault("NO_PROXY", ""), direct }
            .SelectMany(static list => list.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)).Distinct());
        variables["no_proxy"] = noProxy;
        variables["NO_PROXY"] = noProxy;
        variables["NODE_USE_ENV_PROXY"] = "1"; // Node reads the variables above from version 24 on, if told to
        if (trust is not null)
        {
            foreach (var name in RootVariables)
            {
                variables[name] = trust.Bundle;
            }

            variables["WGETRC"] = trust.WgetConfiguration; // wget with GnuTLS reads no variable for roots
            variables["APT_CONFIG"] = trust.AptConfiguration;
        }

        return variables;
    }
}
