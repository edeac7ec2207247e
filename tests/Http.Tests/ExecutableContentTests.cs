using System.Text;

namespace Swarm.Http.Tests;

/// <summary>L5c: what peers may not deliver for a cleartext resource.</summary>
public sealed class ExecutableContentTests
{
    [Theory]
    [InlineData("video/mp4", "http://a/f.mp4", ExecutableMark.None)]
    [InlineData("application/octet-stream", "http://a/f.iso", ExecutableMark.None)]
    [InlineData(null, "http://a/f.mkv", ExecutableMark.None)]
    [InlineData("video/mp4", "http://site.com", ExecutableMark.None)]
    [InlineData("video/mp4", "http://site.exe/f.mp4?x=.js", ExecutableMark.None)]
    [InlineData("text/html; charset=utf-8", "http://a/f.mp4", ExecutableMark.ContentType)]
    [InlineData("TEXT/CSS", "http://a/f", ExecutableMark.ContentType)]
    [InlineData("image/svg+xml", "http://a/f", ExecutableMark.ContentType)]
    [InlineData("application/wasm", "http://a/f", ExecutableMark.ContentType)]
    [InlineData("application/vnd.debian.binary-package", "http://a/f", ExecutableMark.ContentType)]
    [InlineData("video/mp4, text/html", "http://a/f", ExecutableMark.ContentType)]
    [InlineData("nonsense", "http://a/f", ExecutableMark.ContentType)]
    [InlineData("application/octet-stream", "http://a/setup.exe", ExecutableMark.Suffix)]
    [InlineData("application/octet-stream", "http://a/SETUP.EXE?v=1", ExecutableMark.Suffix)]
    [InlineData("application/octet-stream", "http://a/setup.e%78e", ExecutableMark.Suffix)]
    [InlineData("application/octet-stream", "http://a/setup.exe.", ExecutableMark.Suffix)]
    [InlineData("application/octet-stream", "http://a/setup.exe%20", ExecutableMark.Suffix)]
    [InlineData("application/octet-stream", "http://a/x.tar.deb", ExecutableMark.Suffix)]
    [InlineData(null, "http://a/app.js#x", ExecutableMark.Suffix)]
    public void Executable_ByTypeAndSuffix(string? contentType, string url, ExecutableMark mark)
    {
        var response = new HttpFields();
        if (contentType is not null)
        {
            response.Add("Content-Type", contentType);
        }

        Assert.Equal(mark, ExecutableContent.Mark(response, url, []));
    }

    [Theory]
    [InlineData("attachment; filename=\"film.mp4\"", ExecutableMark.None)]
    [InlineData("attachment; filename=\"setup.exe\"", ExecutableMark.Suffix)]
    [InlineData("attachment; filename=setup.msi", ExecutableMark.Suffix)]
    [InlineData("attachment; filename*=UTF-8''setup.e%78e; filename=film.mp4", ExecutableMark.Suffix)]
    [InlineData("attachment; filename=film.mp4; filename*=UTF-8''setup.sh", ExecutableMark.Suffix)]
    public void Executable_ByTheNameItIsSavedUnder(string disposition, ExecutableMark mark) =>
        Assert.Equal(mark, ExecutableContent.Mark(new() { { "Content-Disposition", disposition } }, "http://a/f", []));

    public static TheoryData<byte[], bool> Units => new()
    {
        { "MZ\0\0"u8.ToArray(), true },
        { [0x7F, .. "ELF"u8], true },
        { "#!/bin/sh\n"u8.ToArray(), true },
        { [0xEF, 0xBB, 0xBF, .. "#!/bin/sh\n"u8], true },
        { [0xCA, 0xFE, 0xBA, 0xBE], true },
        { [0, .. "asm"u8], true },
        { "!<arch>\ndebian-binary"u8.ToArray(), true },
        { Zip("META-INF/MANIFEST.MF"), true },
        { Zip("AndroidManifest.xml"), true },
        { "<!DOCTYPE html>"u8.ToArray(), true },
        { " \r\n\t<ScRiPt>"u8.ToArray(), true },
        { "<svg xmlns="u8.ToArray(), true },
        { Zip("photos/1.jpg"), false },
        { "\0\0\0\u0020ftypisom"u8.ToArray(), false },
        { [0x1A, 0x45, 0xDF, 0xA3], false },
        { "plain words"u8.ToArray(), false },
        { [], false },
        { [0x7F], false },
        { "M"u8.ToArray(), false },
    };

    [Theory]
    [MemberData(nameof(Units))]
    public void Executable_ByMagic(byte[] unit, bool runs) =>
        Assert.Equal(runs ? ExecutableMark.Magic : ExecutableMark.None, ExecutableContent.Mark([], "http://a/f.mp4", unit));

    [Fact]
    public void Executable_AnyText_NeverThrows() => Attack.Survives(text =>
        _ = ExecutableContent.Mark(new() { { "Content-Type", text }, { "Content-Disposition", "filename=" + text } }, text, Encoding.UTF8.GetBytes(text)));

    private static byte[] Zip(string entry) => [.. "PK"u8, 3, 4, .. new byte[26], .. Encoding.ASCII.GetBytes(entry)];
}
