using System.IO.Compression;
using Microsoft.AspNetCore.ResponseCompression;
using Microsoft.Extensions.FileProviders;

namespace ConnectionState.Hosting;

/// <summary>The console: files that a browser gets from where the API is, and nothing else.</summary>
internal static class ConsoleFiles
{
    private const string Index = "index.html";

    // Nothing but what this server sends runs, is shown or is called, and nobody else's page has the console in a frame.
    private const string ContentSecurityPolicy =
        "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; "
        + "require-trusted-types-for 'script'; trusted-types 'none'";

    /// <summary>Compression; what is written at the moment of the request is small, so it need not be fast at all costs.</summary>
    public static IServiceCollection AddConsole(this IServiceCollection services)
    {
        services.Configure<BrotliCompressionProviderOptions>(brotli => brotli.Level = CompressionLevel.Optimal);
        return services.AddResponseCompression(compression => compression.MimeTypes = [.. ResponseCompressionDefaults.MimeTypes, "image/svg+xml"]);
    }

    /// <summary>Serves the files. gRPC-Web calls are POST and pass by: their streams must not be held up by compression.</summary>
    public static void UseConsole(this WebApplication app) => app.UseWhen(IsRead, console =>
    {
        console.Use(WithHeaders);
        console.UseResponseCompression();
        console.UseStaticFiles(Files);
    });

    /// <summary>Every address of the console is answered with its one page; what the address means is the page's business.</summary>
    public static void MapConsole(this WebApplication app)
    {
        app.MapFallbackToFile("/", Index, Files);
        app.MapFallbackToFile("/m/{**address}", Index, Files);
        app.MapGet("/console/config.json", (HttpResponse response) =>
        {
            response.Headers.CacheControl = "no-store";
            return Results.Json(new { development = app.Environment.IsDevelopment() });
        });
    }

    // The files lie beside the program, wherever it was started.
    private static StaticFileOptions Files { get; } = new()
    {
        FileProvider = new PhysicalFileProvider(Path.Combine(AppContext.BaseDirectory, "wwwroot")),
        OnPrepareResponse = file => file.Context.Response.Headers.CacheControl = CachingOf(file.Context.Request.Path),
    };

    // What has a hash in its name never changes; everything else is asked for anew, and mostly not sent again.
    private static string CachingOf(PathString path) =>
        path.StartsWithSegments("/assets") ? "public, max-age=31536000, immutable" : "no-cache";

    private static bool IsRead(HttpContext context) =>
        HttpMethods.IsGet(context.Request.Method) || HttpMethods.IsHead(context.Request.Method);

    private static Task WithHeaders(HttpContext context, RequestDelegate next)
    {
        var headers = context.Response.Headers;
        headers.ContentSecurityPolicy = ContentSecurityPolicy;
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        return next(context);
    }
}
