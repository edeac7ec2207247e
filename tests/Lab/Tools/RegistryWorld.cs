using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Swarm.Lab.Tools;

/// <summary>
/// A package index, an npm registry, an OCI registry and a model hub on one host, and on another the storage they send their clients to: by absolute
/// links, and by redirects whose signature is good for one request and expires with the next one.
/// </summary>
public sealed class RegistryWorld : IAsyncDisposable
{
    public const string Wheel = "swarm_demo-1.0-py3-none-any.whl";
    public const string Tarball = "swarm-demo-1.0.0.tgz";

    private readonly ToolSite _site;
    private readonly byte[] _model = new byte[8_000_000];
    private readonly byte[] _layer = new byte[2_000_000];
    private readonly byte[] _config = "{\"architecture\":\"amd64\",\"os\":\"linux\",\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[]}}"u8.ToArray();
    private readonly byte[] _manifest;
    private int _signature;

    public RegistryWorld(ToolSite site, X509Certificate2 certificate)
    {
        _site = site;
        new Random(11).NextBytes(_model);
        new Random(12).NextBytes(_layer);
        _manifest = Encoding.ASCII.GetBytes(
            "{\"schemaVersion\":2,\"mediaType\":\"application/vnd.oci.image.manifest.v1+json\","
            + $"\"config\":{{\"mediaType\":\"application/vnd.oci.image.config.v1+json\",\"digest\":\"{DigestOf(_config)}\",\"size\":{_config.Length}}},"
            + $"\"layers\":[{{\"mediaType\":\"application/vnd.oci.image.layer.v1.tar\",\"digest\":\"{DigestOf(_layer)}\",\"size\":{_layer.Length}}}]}}");
        Storage = new(certificate, AtStorage);
        Front = new(certificate, AtFront);
    }

    /// <summary>What clients are pointed at.</summary>
    public LocalRegistry Front { get; }

    /// <summary>Where the bytes are; no client may come here by itself.</summary>
    public LocalRegistry Storage { get; }

    public byte[] Model => _model;

    public byte[] Layer => _layer;

    public string LayerDigest => DigestOf(_layer);

    /// <summary>Redirects given out.</summary>
    public int Signatures => Volatile.Read(ref _signature);

    public const string DigestPrefix = "sha256:";

    public static string DigestOf(byte[] bytes) => DigestPrefix + Convert.ToHexStringLower(SHA256.HashData(bytes));

    public async ValueTask DisposeAsync()
    {
        await Front.DisposeAsync();
        await Storage.DisposeAsync();
    }

    private RegistryAnswer AtFront(RegistryRequest request)
    {
        var path = request.Path.Split('?')[0];
        return path switch
        {
            "/simple/swarm-demo/" => new(200,
                Encoding.ASCII.GetBytes($$$"""{"meta":{"api-version":"1.0"},"name":"swarm-demo","files":[{"filename":"{{{Wheel}}}","url":"{{{Storage.Url}}}/wheels/{{{Wheel}}}","hashes":{"sha256":"{{{DigestOf(_site["wheels/" + Wheel])[7..]}}}"}}]}"""),
                [("Content-Type", "application/vnd.pypi.simple.v1+json"), ("Cache-Control", "max-age=600"), ("ETag", "\"index-1\"")]),
            "/npm/swarm-demo" => new(200,
                ToolSite.NpmDocument($"{Front.Url}/npm/-/{Tarball}", _site["tarballs/" + Tarball]),
                [("Content-Type", "application/vnd.npm.install-v1+json"), ("Cache-Control", "max-age=600"), ("ETag", "\"package-1\"")]),
            $"/npm/-/{Tarball}" => Signed(302, "tarball"),
            "/v2/" => new(200, "{}"u8.ToArray(), [("Content-Type", "application/json")]),
            "/v2/library/demo/manifests/latest" => Manifest(),
            _ when path == $"/v2/library/demo/manifests/{DigestOf(_manifest)}" => Manifest(),
            _ when path == $"/v2/library/demo/blobs/{DigestOf(_layer)}" => Signed(307, "layer", ("Docker-Content-Digest", DigestOf(_layer))),
            _ when path == $"/v2/library/demo/blobs/{DigestOf(_config)}" => Signed(307, "config"),
            _ when path.StartsWith("/org/model/resolve/main/", StringComparison.Ordinal) => Signed(302, "model",
                ("X-Repo-Commit", "c0ffee"), ("X-Linked-Size", _model.Length.ToString(CultureInfo.InvariantCulture)), ("X-Linked-Etag", $"\"{DigestOf(_model)[7..]}\""), ("X-Xet-Hash", "aa"), ("Link", $"<{Storage.Url}/xet>; rel=\"xet-auth\"")),
            _ => RegistryAnswer.NotFound,
        };

        RegistryAnswer Manifest() => new(200, _manifest, [("Content-Type", "application/vnd.oci.image.manifest.v1+json"), ("Docker-Content-Digest", DigestOf(_manifest))]);

        RegistryAnswer Signed(int status, string what, params (string, string)[] more) =>
            RegistryAnswer.To(status, $"{Storage.Url}/{what}?X-Signature={Interlocked.Increment(ref _signature)}", more);
    }

    /// <summary>A signature is good once. Hubs give theirs an hour; what has to hold is that no client is left with an old one.</summary>
    private readonly HashSet<string> _used = [];

    private RegistryAnswer AtStorage(RegistryRequest request)
    {
        if (request.Path == $"/wheels/{Wheel}")
        {
            return new(200, _site["wheels/" + Wheel], [("Content-Type", "application/octet-stream"), ("ETag", "\"w\"")]);
        }

        lock (_used)
        {
            if (!_used.Add(request.Path))
            {
                return new(403, "expired"u8.ToArray());
            }
        }

        byte[]? body = request.Path.Split('?')[0] switch
        {
            "/tarball" => _site["tarballs/" + Tarball],
            "/layer" => _layer,
            "/config" => _config,
            "/model" => _model,
            _ => null,
        };
        return body is null ? RegistryAnswer.NotFound : new(200, body, [("Content-Type", "application/octet-stream"), ("ETag", $"\"{DigestOf(body)[7..39]}\"")]);
    }
}
