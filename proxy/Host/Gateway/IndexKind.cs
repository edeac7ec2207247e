namespace Swarm.Proxy.Gateway;

/// <summary>Documents of package registries whose links a client follows, and which therefore may not lead around the gateway.</summary>
internal enum IndexKind
{
    /// <summary>Nothing known: its bytes pass untouched.</summary>
    None,

    /// <summary>A project page of the simple repository API as HTML (PEP 503).</summary>
    SimpleHtml,

    /// <summary>The same as JSON (PEP 691): <c>files[].url</c>.</summary>
    SimpleJson,

    /// <summary>A package document of the npm registry: <c>versions.*.dist.tarball</c>.</summary>
    NpmPackage,
}
