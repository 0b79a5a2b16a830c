.mode box
.print
.print How busy is each site by hour on a working day? (mean people, group: everyone)
SELECT BUILDING_ID AS building, SITE_ID AS site,
  round(avg(CASE LOCAL_HOUR WHEN 7 THEN OCCUPANCY_MEAN END), 1) AS "07h",
  round(avg(CASE LOCAL_HOUR WHEN 9 THEN OCCUPANCY_MEAN END), 1) AS "09h",
  round(avg(CASE LOCAL_HOUR WHEN 11 THEN OCCUPANCY_MEAN END), 1) AS "11h",
  round(avg(CASE LOCAL_HOUR WHEN 13 THEN OCCUPANCY_MEAN END), 1) AS "13h",
  round(avg(CASE LOCAL_HOUR WHEN 15 THEN OCCUPANCY_MEAN END), 1) AS "15h",
  round(avg(CASE LOCAL_HOUR WHEN 18 THEN OCCUPANCY_MEAN END), 1) AS "18h"
FROM building_insights
WHERE GRANULARITY = 'PT1H' AND GROUP_ID = '00000000-0000-0000-0000-000000000000'
  AND strftime('%w', LOCAL_DATE) BETWEEN '1' AND '5'
GROUP BY 1, 2;
.print
.print Which days were the busiest, site by site? (sites are never added up)
SELECT BUILDING_ID AS building, SITE_ID AS site, LOCAL_DATE AS day, round(max(OCCUPANCY_MEAN), 1) AS peak
FROM building_insights
WHERE GRANULARITY = 'PT1H' AND GROUP_ID = '00000000-0000-0000-0000-000000000000'
GROUP BY 1, 2, 3 ORDER BY peak DESC LIMIT 5;
.print
.print Is anything missing? (state of every slice)
SELECT STATE AS state, count(*) AS slices, sum(ROW_COUNT) AS rows, min(DATE_PARTITION) AS first, max(DATE_PARTITION) AS last
FROM completeness GROUP BY 1;
