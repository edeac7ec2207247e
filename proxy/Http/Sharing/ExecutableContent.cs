using System.Collections.Frozen;

namespace Swarm.Http;

/// <summary>What marks content as something that runs.</summary>
public enum ExecutableMark : byte
{
    None = 0,
    ContentType,
    Suffix,
    Magic,
}

/// <summary>
/// On L5c (a tree over cleartext http) peers may not deliver what a machine would run or a page would obey: told by Content-Type, by the
/// suffix of the URL and of Content-Disposition, and by the first unit. Any one mark is enough.
/// </summary>
public static class ExecutableContent
{
    private static readonly FrozenSet<string> Types = FrozenSet.Create(
        StringComparer.OrdinalIgnoreCase,
        // pages and what they load
        "text/html", "application/xhtml+xml", "text/css", "image/svg+xml", "text/javascript", "application/javascript", "application/x-javascript",
        "application/ecmascript", "text/ecmascript", "text/vbscript", "text/jscript", "application/json+module", "application/wasm", "text/xml", "application/xml",
        "text/xsl", "application/xslt+xml", "application/importmap+json", "multipart/related", "message/rfc822",
        // programs and scripts
        "application/x-executable", "application/x-elf", "application/x-sharedlib", "application/x-pie-executable", "application/x-mach-binary",
        "application/x-msdownload", "application/vnd.microsoft.portable-executable", "application/x-dosexec", "application/x-ms-dos-executable", "application/x-msdos-program",
        "application/exe", "application/x-exe", "application/x-winexe", "application/x-sh", "application/x-shellscript", "text/x-shellscript", "text/x-sh", "application/x-csh",
        "application/x-perl", "text/x-perl", "text/x-python", "application/x-python-code", "application/x-httpd-php", "application/x-php", "text/x-php", "application/x-ruby",
        "application/x-powershell", "application/x-bat", "application/hta", "application/x-ms-shortcut", "application/x-desktop", "application/x-java-jnlp-file",
        "application/x-shockwave-flash", "application/java", "application/java-vm", "application/x-java-applet", "application/vnd.ms-htmlhelp",
        // packages
        "application/java-archive", "application/x-java-archive", "application/vnd.android.package-archive", "application/vnd.debian.binary-package", "application/x-debian-package",
        "application/x-deb", "application/x-rpm", "application/x-redhat-package-manager", "application/x-msi", "application/x-ms-installer", "application/x-apple-diskimage",
        "application/vnd.apple.installer+xml", "application/x-newton-compatible-pkg", "application/x-xpinstall", "application/x-chrome-extension", "application/vnd.snap",
        "application/vnd.flatpak", "application/vnd.appimage", "application/x-iso9660-appimage", "application/appx", "application/msix", "application/vnd.ms-appx", "application/x-wheel+zip");

    private static readonly FrozenSet<string> Suffixes = FrozenSet.Create(
        StringComparer.OrdinalIgnoreCase,
        "html", "htm", "xhtml", "xht", "shtml", "mhtml", "mht", "css", "svg", "svgz", "js", "mjs", "cjs", "wasm", "xml", "xsl", "xslt", "hta", "swf",
        "exe", "dll", "sys", "scr", "com", "pif", "cpl", "ocx", "drv", "efi", "msi", "msp", "msu", "msix", "msixbundle", "appx", "appxbundle", "cab", "lnk", "url", "inf", "reg",
        "bat", "cmd", "ps1", "psm1", "vbs", "vbe", "jse", "wsf", "wsh", "chm", "gadget", "application", "appref-ms", "docm", "xlsm", "pptm", "xlam", "xll",
        "sh", "bash", "zsh", "csh", "ksh", "fish", "run", "bin", "out", "elf", "so", "ko", "o", "a", "appimage", "desktop", "service",
        "py", "pyc", "pyw", "pyz", "pl", "pm", "rb", "php", "phar", "lua", "tcl", "awk", "jar", "war", "ear", "class", "jnlp", "dex", "apk", "apks", "xapk", "aab", "ipa", "app",
        "dmg", "pkg", "mpkg", "dylib", "kext", "command", "scpt", "workflow", "deb", "udeb", "rpm", "snap", "flatpak", "flatpakref", "nupkg", "whl", "egg", "gem", "crate", "vsix",
        "crx", "xpi", "ipk", "opkg", "pacman", "bsp", "pickle", "pkl", "joblib", "pt", "pth", "ckpt");

    private static readonly byte[][] Magics =
    [
        [.. "MZ"u8], [0x7F, .. "ELF"u8], [.. "#!"u8], [.. "!<arch>\n"u8], [0xED, 0xAB, 0xEE, 0xDB], [.. "dex\n"u8], [0x00, .. "asm"u8],
        [.. "Cr24"u8], [.. "xar!"u8], [.. "MSCF"u8], [.. "hsqs"u8], [.. "<?php"u8], [0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1], [0x4C, 0, 0, 0, 0x01, 0x14, 0x02, 0],
        [0xFE, 0xED, 0xFA, 0xCE], [0xFE, 0xED, 0xFA, 0xCF], [0xCE, 0xFA, 0xED, 0xFE], [0xCF, 0xFA, 0xED, 0xFE], [0xCA, 0xFE, 0xBA, 0xBE], [0xCA, 0xFE, 0xD0, 0x0D],
        [.. "CWS"u8], [.. "FWS"u8], [.. "ZWS"u8], [.. "@echo"u8],
    ];

    // Names at the head of the archive that make a zip a program.
    private static readonly byte[][] ZipEntries =
        [[.. "META-INF/"u8], [.. "AndroidManifest.xml"u8], [.. "classes.dex"u8], [.. "manifest.json"u8], [.. ".exe"u8], [.. "AppxManifest.xml"u8], [.. ".dist-info/"u8], [.. "data.pkl"u8], [.. "vbaProject.bin"u8]];

    private static readonly byte[][] Markup =
        [[.. "<!doctype"u8], [.. "<html"u8], [.. "<head"u8], [.. "<body"u8], [.. "<script"u8], [.. "<iframe"u8], [.. "<svg"u8], [.. "<style"u8], [.. "<?xml"u8], [.. "<!--"u8]];

    /// <param name="response">Its Content-Type and Content-Disposition are read.</param>
    /// <param name="url">The resource; its path's suffix is read, percent-decoded.</param>
    /// <param name="firstUnit">The first bytes, up to 16 KiB, by the origin's own word or verified; empty if not known yet.</param>
    public static ExecutableMark Mark(HttpFields response, string url, ReadOnlySpan<byte> firstUnit)
    {
        // Several Content-Types, or one that cannot be read, are left to a browser's guess: then to be refused as well.
        var contentType = response.Combined("Content-Type");
        if (contentType is not null && (MediaType.Parse(contentType) is not { } type || contentType.Contains(',', StringComparison.Ordinal) || Types.Contains(type.ToString())))
        {
            return ExecutableMark.ContentType;
        }

        if (HasSuffix(PathOf(url)) || DispositionNames(response.Combined("Content-Disposition")).Any(HasSuffix))
        {
            return ExecutableMark.Suffix;
        }

        return HasMagic(firstUnit) ? ExecutableMark.Magic : ExecutableMark.None;
    }

    private static bool HasMagic(ReadOnlySpan<byte> unit)
    {
        if (unit.StartsWith("\uFEFF"u8))
        {
            unit = unit[3..];
        }

        foreach (var magic in Magics)
        {
            if (unit.StartsWith(magic))
            {
                return true;
            }
        }

        if (unit.StartsWith("PK\x03\x04"u8))
        {
            foreach (var entry in ZipEntries)
            {
                if (unit.IndexOf(entry) >= 0)
                {
                    return true;
                }
            }
        }

        var text = unit[..Math.Min(unit.Length, 1024)].TrimStart(" \t\r\n\f"u8);
        foreach (var tag in Markup)
        {
            if (text.Length >= tag.Length && System.Text.Ascii.EqualsIgnoreCase(text[..tag.Length], tag))
            {
                return true;
            }
        }

        return false;
    }

    private static bool HasSuffix(string name)
    {
        name = Uri.UnescapeDataString(name).TrimEnd(' ', '.', '"', '\'', '/');
        var dot = name.LastIndexOf('.');
        return dot >= 0 && Suffixes.Contains(name[(dot + 1)..]);
    }

    private static string PathOf(string url)
    {
        var end = url.IndexOfAny(['?', '#']);
        var path = end < 0 ? url : url[..end];
        var scheme = path.IndexOf("://", StringComparison.Ordinal);
        var slash = path.IndexOf('/', scheme < 0 ? 0 : scheme + 3);
        return slash < 0 ? "" : path[slash..]; // a host's own dots are no suffix
    }

    // filename and filename* (RFC 6266 §4.3): clients differ in which they take, so each counts.
    private static IEnumerable<string> DispositionNames(string? disposition) =>
        disposition?.Split(';').Where(part => part.Contains("filename", StringComparison.OrdinalIgnoreCase)) ?? [];
}
