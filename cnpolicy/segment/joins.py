"""Words of policy that are composed by rule: organs, meetings, formulations (提法) with numerals or in quotation marks.

No list can name the organs of every level, 县扶贫开发领导小组 (the county's leading group for poverty relief) and
the like. So words that stand side by side are joined where together they follow a pattern. A join takes whole words:
where it would begin or end within a word, nothing is joined, so that 全市 stays before 教育局 and 部 is not torn
from 部门.
"""

import re
from collections.abc import Callable, Iterator
from functools import cache

import numpy as np

from cnpolicy.segment.flags import Flags, codes, table

Span = tuple[int, int]

_ORDER = "[0-9一二三四五六七八九十百]"


def _any_of(words: str) -> str:
    """Return a pattern for the longest that is there of these words, or another of them if the rest needs it.

    Words with the same beginning share it: each place is looked at once, however many words there are.
    """
    tree: dict[str, dict[str, object]] = {}
    for word in words.split():
        branch: dict[str, dict[str, object]] = tree
        for character in word:
            branch = branch.setdefault(character, {})  # type: ignore[assignment]
        branch[""] = {}
    return _branch(tree)


def _branch(tree: dict[str, dict[str, object]]) -> str:
    ways = [character + _branch(rest) for character, rest in sorted(tree.items()) if character]  # type: ignore[arg-type]
    if not ways:
        return ""
    return f"(?:{'|'.join(ways)}){'?' if '' in tree else ''}"


# Whose organ it is.
_LEVEL = _any_of(
    "省 市 县 区 州 旗 盟 地区 自治区 自治州 自治县 特区 新区 高新区 经开区 开发区 兵团 镇 乡 街道 乡镇 村 社区"
    " 国家 全国 中央 省级 市级 县级 区级 省直 市直 县直 区直 州直 省属 市属 县属 镇街"
)
_PARTY_LEVEL = (
    "(?:中共)?(?:[省市县区州旗盟地师]委|自治[区州县]党委|兵团党委|中央"
    "|(?:乡镇?|镇|街道|村|社区)党(?:工委|委|总支|支部))"
)

# What organs of the party are called after the committee to which they belong.
_PARTY_ORGANS = _any_of(
    "组织部 宣传部 统战部 统一战线工作部 政法委 政法委员会 政研室 政策研究室 研究室 农研室 改革办 深改办 财经办"
    " 财经委 国安办"
    " 国安委 网信办 网信委 编办 编委 编委办 巡察办 巡视办 巡察组 巡视组 巡察机构 巡视机构 办公厅 办公室 办 督查室"
    " 督察室 督查办"
    " 机要局 机要办 机要保密局 保密局 保密办 保密委 密码局 密码办 老干部局 老干局 老干部工作局 党校 党史研究室"
    " 党史办 史志办"
    " 党史和地方志研究院 党史方志办 台办 台港澳办 台湾工作办公室 外办 外事办 外事工作委员会办公室 农办 农工办"
    " 农工委 农工部"
    " 农村工作部 农村工作办公室 农村工作委员会 社会工作部 社工部 社工委 社会工作委员会 机关工委 直属机关工委 直机关工委"
    " 教育工委 教育工作领导小组 企业工委 国企工委 非公工委 两新工委 高校工委 工业工委 工交工委 金融工委 卫生工委"
    " 科技工委"
    " 审计办 审计委 依法治省办 依法治市办 依法治县办 依法治区办 全面依法治省委员会 全面依法治市委员会"
    " 全面依法治县委员会"
    " 平安办 综治办 综治委 维稳办 防范办 反邪教办 讲师团 信访局 信访办 人才办 人才工作领导小组 党建办"
    " 党建工作领导小组 文明办"
    " 文明委 宣讲团 军民融合办 督查局 目标办 考核办 绩效办 党群工作部 党群工作局 群众工作部 群工部 外宣办 新闻办 对台办"
    " 理论学习中心组 中心组 常委会 常委 书记处 秘书处 全会 专题会 接待办 接待处 总值班室 值班室 机关党委"
    " 机关事务局 第一督导组"
    " 教育实践活动办 先教办 学教办 主题教育办 脱贫攻坚办 乡村振兴办 老龄办 关工委 党风廉政建设领导小组 干部监督科"
)

# What the organs of people's congresses and political consultative conferences are called.
_ASSEMBLY_ORGANS = _any_of(
    "常委会 常务委员会 主席团 办公厅 办公室 办 机关 党组 研究室 信访局 信访办 法工委 法制委 法制工作委员会"
    " 法制委员会 财经委"
    " 财经工委 财政经济委员会 预算工委 预算工作委员会 教科文卫委 教科文卫工委 教科卫体委 城建环资委 环资委 环资工委"
    " 环境资源城乡建设委员会 农业农村委 农业农村委员会 农委 农工委 农业与农村委员会 民宗侨外委 民侨外委"
    " 民宗侨外工委 社会建设委"
    " 社会建设委员会 监察司法委 监察和司法委员会 内司委 内务司法委员会 代表工委 代工委 选任联工委 选任委 人事代表委"
    " 人事代表选举委员会 提案委 提案委员会 经科委 经济委 经济委员会 人口资源环境委 人资环委 文史委 文史资料委"
    " 文化文史和学习委"
    " 文化文史学习委 社法委 社会法制委 民宗委 港澳台侨委 港澳台侨外事委 学习委 教文卫体委 教卫体委 委员会"
    " 常委会会议 党组会议"
)

# What can stand before 局, 厅, 委, 办, 办公室 and the like, alone or one after the other (文化广电和旅游).
_CLEAR = (
    "不动产 不动产登记 专利 专卖 专项整治 个体劳动者 个体私营经济 中医药 中小企业 乡村振兴 乡镇企业 事务管理"
    " 互联网 互联网信息 五水共治 交通 交通运输 人事 人力资源 人力资源和社会保障 人力资源社会保障 人口和计划生育"
    " 人口计生 人居环境 人居环境整治 人才 人才交流 人才服务 人民调解 人民防空 人社 人防 以工代赈 仲裁 企业上市"
    " 企业服务 优抚 会展 住建 住房 住房保障 住房公积金 住房制度改革 住房和城乡建设 住房城乡建设 体育 作风建设"
    " 供水 供热 供电 供销 依法治理 侨 侨务 便民 便民服务 保密 保护区 保税区 保险 信息化 信用 信用信息 信访"
    " 信访事项 信访接待 储备粮 党史 党史方志 党建 党群 党群服务 全面深化改革 公交 公共交通 公共卫生 公共文化"
    " 公共服务 公共资源 公共资源交易 公共资源交易管理 公务员 公安 公安交通 公安消防 公用事业 公积金 公证 公路"
    " 公路管理 关工 关心下一代 兵役 养老 养老服务 兽医 军民融合 军转 农业 农业农村 农业和农村工作 农业执法"
    " 农业技术 农业科学 农垦 农技 农改 农机 农村公路 农村工作 农村经济 农村能源 农林 农牧 农牧业 农科 农经 冶金"
    " 减灾 出入境 出入境检验检疫 创卫 创城 创文 动物卫生 动物疫病 劳动 劳动人事 劳动保障 劳动和社会保障 劳教"
    " 化工 区域合作 医保 医养 医改 医疗 医疗保障 医药 博物 卫健 卫生 卫生健康 卫生和计划生育 卫生监督 卫生计生"
    " 卫生防疫 卫计 县级融媒体 参事 双拥 反恐 反诈 发展和改革 发展改革 发展研究 发改 口岸 口岸管理 台湾"
    " 台湾事务 史志 司法 司法行政 合作交流 商业 商务 园区 园林 园林绿化 国动 国土 国土房产 国土资源 国安"
    " 国家公园 国家安全 国有资产 国有资产监督管理 国税 国资 国防动员 国防科工 国防科技工业 图书 土地储备"
    " 土地整理 土壤 土肥 地方志 地方海事 地方病 地方金融 地方金融监督管理 地矿 地税 地质 地质矿产 地震 城乡建设"
    " 城乡规划 城市建设 城市更新 城市管理 城市管理和综合执法 城市管理综合执法 城市轨道交通 城建 城管 城管执法"
    " 基层政权 基层治理 外事 外事侨务 外侨 外国专家 外经贸 外贸 大数据 大数据发展 大数据发展管理 大数据应用发展"
    " 大数据管理 大气 大气污染防治 妇儿 妇女儿童 妇幼 妇幼保健 婚姻 学前教育 学生资助 安全生产 安全生产监督管理"
    " 安监 安监管 宗教 宗教事务 审批服务 审计 密码 对口支援 对外宣传 对外开放 对外经济贸易 对外贸易 少年儿童"
    " 就业 就业促进 就业服务 居家养老 山区 工业信息化 工业和信息化 工业园区 工信 工商 工商行政管理 市场监督管理"
    " 市场监管 市域社会治理 市容 市政 市政公用 市监 平安 平安建设 幼儿 广播电影电视 广播电视 广电"
    " 应对新冠肺炎疫情 应急 应急救援 应急管理 廉政 建工 建材 建筑 开发区 强制隔离戒毒 征兵 征地拆迁 征迁 急救"
    " 惩防 慈善 戒毒 戒毒管理 房产 房地产 房屋征收 房改 房管 打假 打私 打黑 托育 扫黄打非 扫黑 扫黑除恶 扶贫"
    " 扶贫和移民工作 扶贫开发 投资促进 抗旱 抗震救灾 护林 拆迁 拆违 招商 招商引资 招标投标 招生 招生考试"
    " 拥军优属 排水 接访 控违 援疆 援藏 支援合作 政务 政务公开 政务服务 政务服务和大数据 政务服务管理 政府采购"
    " 效能 效能建设 救助 教体 教学研究 教研 教科 教科体 教育 教育体育 教育和体育 教育督导 教育考试 数字化"
    " 数字政府 数字经济 数据资源 数据资源管理 文体 文体广新 文体广电 文体旅 文体旅游 文化 文化体制改革"
    " 文化和旅游 文化市场 文化广电 文化广电和旅游 文化广电新闻出版 文化广电旅游 文化旅游 文化艺术 文广 文广新"
    " 文广旅 文广旅体 文改 文旅 文旅体 文物 新兴领域 新冠肺炎疫情防控 新区 新闻出版 新闻出版广电 方志 旅发 旅游"
    " 旅游发展 无线电 旧城改造 普法 景区 未成年人 机关事务 机关事务管理 机关后勤 机构编制 机械 机要 林业"
    " 林业和草原 林业科学 林改 林果 林牧 林草 林长 林长制 果业 档案 档案史志 检验检测 检验检疫 棚改 森林消防"
    " 森林草原防火 森林防火 植保 橡胶 武装 残疾人 殡葬 殡葬管理 民兵 民委 民宗 民政 民族 民族事务 民族和宗教"
    " 民族宗教 民航 民营经济 民防 气象 水产 水保 水利 水务 水土保持 水库移民 水政 水文 水污染 水电 污染防治"
    " 河务 河长 河长制 治水 治超 沿海 法制 法律援助 法治 测绘 测绘地理信息 海事 海关 海洋 海洋与渔业 海洋和渔业"
    " 海洋渔业 海防 消费者 消防 消防救援 深改 渔业 港务 港口 港口管理 港澳 港澳事务 港航 湖长 烟叶 烟草"
    " 烟草专卖 热力 煤炭 煤炭工业 煤监 煤矿安全监察 燃气 爱卫 爱国卫生 版权 物价 物资 物资储备 特殊教育"
    " 特色产业 环保 环卫 环境保护 环境卫生 环境科学 甘蔗 生态文明 生态环境 生态环境保护 田长 田长制 电信 电力"
    " 电子 电子政务 电影 畜牧 畜牧业 畜牧兽医 畜牧水产 疫情防控 疾控 疾病预防控制 白酒 盐业 盐务 盐湖 监察 监狱"
    " 监狱管理 监督管理 目标管理 矛盾纠纷 知识产权 石油 矿产 矿务 矿山 社会保险 社会保障 社会信用 社会救助"
    " 社会治安综合治理 社会治理 社会科学 社会组织 社保 社区 社区建设 社区矫正 禁毒 种子 科学技术 科技 科研"
    " 移民和扶贫 移民安置 税务 粮食 粮食和物资储备 精神文明 精神文明建设 糖业 纠风 纺织 经信 经济体制改革"
    " 经济信息化 经济协作 经济合作 经济和信息化 经济开发区 经济环境 经济社会 经济贸易 经管 经贸 结核病 统计"
    " 绩效 绩效管理 绩效考核 维稳 综合执法 综合行政执法 综治 绿化 编制 网信 网格 网格化 网络安全 群众工作 群团"
    " 老促会 老区建设 老干部 老科技 老龄 老龄工作 考试招生 职业教育 职教 自然保护区 自然资源 自然资源和规划"
    " 自然资源规划 航运 航道 节水 节约 节约能源 节能 花卉 茶叶 药品 药品监督管理 药材 药监 安委 食安委 妇儿工委"
    " 残工委 国动委 三防 防指 森防 营商 营商环境"
    " 营商环境建设 葡萄 蔬菜 蚕桑 融媒体 血吸虫 血液 血防 行政审批 行政审批服务 行政执法 行政服务"
    " 规划和自然资源 规划建设 计划生育 计生 证券 语言文字 调解 财政 质监 质量技术监督 质量监督 贸易 路政 路长"
    " 轨道交通 软环境 轻工 运管 运输 违建 退役军人 退役军人事务 退役军人服务 通信 通信管理 道路运输 邮政"
    " 邮政管理 邮电 酒业 采购 重大动物疫病 重大项目 重点工程 重点建设 重点项目 金融 金融工作 铁建 铁路 铁路建设"
    " 银行业 链长 防汛 防汛抗旱 防治非典 防火 防灾减灾 防疫 防震减灾 防非 青少年 青少年活动 非公经济 非典防治"
    " 非遗 革命老区 项目建设 预防腐败 风景区 风景名胜区 食品 食品安全 食品药品 食品药品监督管理 食品药品监管"
    " 食安 食用菌 食盐 食药 食药监 高新区 高校 高等教育 高速公路"
)
# The same, but before 中心, 站 and the like these alone are rather words of the sentence (围绕发展中心任务).
_VAGUE = (
    "上市 专家 专项 事务 交流 产业 人力 人口 人民 价格 企业 体改 作风 促进 保护 信息 储备 公共 关怀 农村 创建"
    " 办事 协作 协调 历史 友好 发展 名城 名镇 后勤 国防教育 国际 土地 城乡 基层 学位 安全 审批 宣传 家庭 工业"
    " 工作 市场 市民 建设 开发 开放 征收 房屋 执法 技术 投资 指导 指挥 接待 改制 改革 政策 数据 整治 文明 新闻"
    " 服务 标准 检测 检验 法律 清理 热线 环境 生态 留学 监督 监管 目标 督办 督导 督查 社会 社会事务 科学 移民"
    " 管理 组织 经济 统筹 综合 网络 群众 考核 考试 联合 能源 艺术 行政 规划 计 计划 计算 计量 质量 资源 重点"
    " 防控 项目"
)
_FIELD = f"(?:{_any_of(_CLEAR + ' ' + _VAGUE)}[和与]?)"
_OFFICE = _any_of(
    "局 厅 委 办 委办 党委 党组 机关党委 工委 管委会 管理局 管理处 总局 分局 支局 办公室 办公厅 委员会 管理委员会"
    " 工作委员会"
    " 委员会办公室 领导小组 领导小组办公室 工作领导小组 工作领导小组办公室 协调小组 工作小组 专项小组 工作专班"
    " 指挥部 指挥部办公室"
    " 联席会议 联席会议办公室 联席办 指挥中心 监督局 监察局 行政局 事务局 服务局 保障局 保护局 执法局 领导机构 工作机构"
)
_PLACE_OF_WORK = _any_of(
    "部 处 科 股 室 所 站 队 院 工作组 专班 小组 中心 服务中心 管理中心 管理站 管理所 总站 总队 支队 大队 中队"
    " 执法队 执法大队"
    " 执法支队 执法总队 监察大队 监察支队 协会 联合会 总会 学会 研究会 商会 促进会 基金会 研究所 研究院 研究中心"
    " 学院 检查组 督查组"
    " 督导组 督察组 考核组 考察组 调查组 验收组 评估组 指导组 工作队 服务队 调研组 执法检查组 审计组 公司 集团"
    " 集团公司 总公司 服务站"
    " 服务所 保障中心 监督所 检测中心 交易中心"
)
_NOT_VAGUE = f"(?<!{'|'.join(word for word in _VAGUE.split() if len(word) == 2)})"
_DEPARTMENT = f"{_FIELD}{{1,5}}(?:{_OFFICE}|{_NOT_VAGUE}{_PLACE_OF_WORK})"
_MASS = _any_of(
    "总工会 工会 团委 妇联 妇女联合会 科协 科学技术协会 文联 作协 侨联 台联 残联 工商联 总商会 红十字会 红会 记协"
    " 社科联 贸促会"
    " 供销社 供销合作社 供销总社 供销联社 法学会 计生协 计生协会 慈善总会 慈善会 关工委 老促会 老体协 老科协 消协"
    " 消委会 文明委"
    " 工青妇 团校 体育总会 个协 律协 黄埔同学会 海外联谊会 欧美同学会 中华职业教育社 人武部 人民武装部 武装部"
    " 军分区 警备区"
    " 武警支队 武警总队 预备役 公安局 党校 行政学院 社会主义学院 电大 电视台 广播电台 日报社 广播电视台 报社"
    " 图书馆 博物馆 档案馆"
    " 文化馆 科技馆 人民医院 中医院 妇幼保健院 疾控中心 民革 民盟 民建 民进 农工党 致公党 九三学社 台盟 法院 检察院"
    " 高院 高法 高检 中院 中级法院 高级法院 人民法院 人民检察院 高级人民法院 中级人民法院 基层人民法院 森林公安局"
    " 看守所 派出所"
)
# Committees that go by their short names, and their offices.
_COMMITTEE = (
    _any_of(
        "安委会 食安委 食药安委 妇儿工委 残工委 国动委 减灾委 抗震救灾指挥部 禁毒委 爱卫会 防火委 招委会 语委 规委会"
        " 双拥办 防指 编委会 绿委会 药安委 文资委 国资委 发改委 卫健委 民宗委 经信委 住建委 农委 科委 建委 经委 计委"
        " 交委 教委 体改委"
    )
    + "(?:党组|党委|办公室|办)?"
)
_TEAM = (
    "第[一二三四五六七八九十]{1,3}轮?"
    "(?:巡视|巡察|督导|督查|(?:生态)?(?:环境保护)?督察|检查|考核|考察|指导|调研|工作|审计|验收)组"
)
_DISPATCHED = "(?:纪检监察组|纪检组|监察室|监察专员办公室)"
_ORGAN = f"""(?:
    {_PARTY_LEVEL} (?:{_TEAM}|{_PARTY_ORGANS}) (?:办公室|办)?
  | (?:共青)?团[省市县区州旗镇乡]委
  | {_LEVEL} (?:
        (?:人民)?政府 {_any_of("办公厅 办公室 办 研究室 督查室 法制办 参事室 新闻办 外事办 侨办 扶贫办 金融办 党组")}?
      | (?:人民代表大会|人大|人大常委会|政协) {_ASSEMBLY_ORGANS}?
      | 纪委监委|纪委|监委|纪检委|监察委员会
      | {_MASS}(?:党组)?
      | {_COMMITTEE}
    )
  | (?:{_LEVEL}|国务院|派?驻{_LEVEL}?(?=\\w{{2,16}}纪检)) (?:{_TEAM}|{_DEPARTMENT}(?:{_DISPATCHED}|机关党委|党组|党委)?)
  | 第[一二三四五六七八九十]{{1,3}}(?:纪检监察室|监督检查室|审查调查室)
)"""
_MEETING_ORGAN = (
    "(?:(?:中共)?[省市县区州旗盟师镇乡]委|自治[区州县]党委|[省市县区州乡镇]{0,2}党委|(?:中央|[省市县区州])?纪委|"
    "(?:全国|[省市县区州旗]|自治[区州县])?(?:人民政府|政府|人大常委会|人大|政协)|国务院|政协|中央军委|中央)"
)
# In 县委常委会（扩大）会议, too.
_WIDENED = "(?:[省市县区州旗盟]委|自治[区州县]党委)常委会(?:\\(扩大\\)|（扩大）)会议"
_SORT = (
    "(?:常务|常委|全体|专题|党组|主任|主席|办公|常务办公|县长办公|市长办公|区长办公|局长办公|理事|扩大"
    "|\\(扩大\\)|（扩大）|常务委员会|协商)?"
)
_MEETING = f"""(?:
    {_WIDENED} |
    (?:{_MEETING_ORGAN}|[省市县区州旗镇乡])?第?{_ORDER}{{1,3}}届(?:委员会|纪委|人大常委会|政协常委会|人民代表大会|人大|政协委员会|常务委员会|常委会)?
        第?{_ORDER}{{1,3}}次{_SORT}(?:全会|会议)
  | {_MEETING_ORGAN}第{_ORDER}{{1,3}}次{_SORT}(?:会议|全会)
  | (?:全国|[省市县区州旗镇乡]|自治[区州县]|政协[省市县区]?)第{_ORDER}{{1,3}}
        (?:次(?:党代会|党员代表大会|代表大会|妇代会|团代会|妇女代表大会|劳模大会|文代会)
        |届(?:人民代表大会|人大|委员会)(?:常务委员会)?第{_ORDER}{{1,3}}次(?:全体)?会议)
)"""

_NUMERAL = "一二三四五六七八九十两双"
_THING = (
    f"[^\\W\\d_A-Za-z{_NUMERAL}零〇百千万亿个年月日天时分秒次家口户人死伤的了是和与及或在有不也都就把被为以从向对要到]"
)
_GREAT = _any_of(
    "会战 工程 行动 战役 战略 体系 平台 抓手 举措 产业 集群 基地 攻坚战 高地 支柱 理念 改革 建设 格局 定位 目标"
    " 品牌 片区"
    " 组团 增长极 创新 振兴 提升 专项 攻坚 活动 计划 机制 短板 难题 风险 清单 文明 纪律 法宝 作风 传统 革命 突破"
    " 跨越 转变 转型"
    " 家底 载体 关口 关键 支撑 保障 园区 枢纽 走廊 经济带 经济区 主导产业 支柱产业 优势产业 特色产业 新兴产业"
    " 重点产业 产业集群"
    " 专项行动 重点工程 民生工程 改造 安全 考验 危险 差别 矛盾 精神 校训 要素 动能 班子"
)
_COUNTED = _any_of(
    "坚持 必须 更加 统筹 确保 聚焦 着力 到位 结合 统一 转变 提升 强化 优先 落实 服从 意识 自信 维护 确立 一批"
    " 一律 严禁 不准 杜绝"
    " 新 好 化 带头 表率 不放过 不变 不让 不动摇 毫不动摇 务必 有利于 代表 文明 满意 不满意 倡导 凡是 决不 绝不"
    " 严格 一 百分百 百分之百"
    " 一致 同步 负责 过硬 重点 突出 狠抓 注重 抓好 抓 导向 关键 突破 融合 贯通 衔接 转型 翻番 倍增 清零 全覆盖 零"
    " 牢固树立 牢记"
    " 明显 显著 进一步 始终 坚决 坚定不移 先行 率先 走在前 走在前列 示范区 体系 不出 不得 不能 不搞 区分 必 面向"
    " 服务 融入 深化"
    " 推进 推动 加快 加强 建设 打造 构建 实现 促进 保障 全面 切实 决定性"
)
_LABEL = (
    "(?:工程|活动|行动|计划|专项|战略|战役|会战|工作法|模式|机制|格局|目标|方针|教育|品牌|经验|做法|制度|方略|精神|思想|要求|原则"
    "|布局|体系|政策|改革)"
)
_FORMULA = f"""(?:
    [{_NUMERAL}]{_THING}{{1,2}} (?:[{_NUMERAL}]{_THING}{{1,2}}){{2,5}}
  | [三四五六七八九十]大{_GREAT}
  | [二三四五六七八九十两]个{_COUNTED}(?=[^\\w]|{_LABEL}|重要|的)
)"""
# Formulations of four characters around two that are always the same (应收尽收, 以评促建, 先立后破, 宜林则林), and of
# two clauses with 谁. What often makes another word with its neighbour is left out (以此促进, 有人必须).
_SLOT = f"[^\\W\\d_A-Za-z{_NUMERAL}零〇的了是和与及或在也都就把被为从向对到其此之否]"
_PROMOTE = (
    "(?:促(?![进成使销])|带(?![来动领头有着队回走])|代(?![表替理价码办])|养(?![老护成殖育分])|定(?![位期为居点下向])"
    "|兴(?![建办起旺奋趣])|护(?![航理士])|换(?![取来回算])|补(?![充助贴偿])|强(?![化调大]))"
)
_MUST = "必(?![须然要定将需备修由])"
_FRAME = re.compile(
    f"[应能该可](?P<done>{_SLOT})[尽早](?P=done)|应(?![当该有能]){_SLOT}尽(?![快量力可早头管心职责]){_SLOT}|以{_SLOT}{_PROMOTE}{_SLOT}|先{_SLOT}后{_SLOT}|边{_SLOT}边{_SLOT}"
    f"|退{_SLOT}还(?![有能可需是要]){_SLOT}|重{_SLOT}轻{_SLOT}|[宜能]{_SLOT}则{_SLOT}|(?:[逢凡违]|有(?![效关限])){_SLOT}{_MUST}{_SLOT}"
    f"|谁{_SLOT}{{2}}谁{_SLOT}{{2,3}}"
)
_FRAME_FIRST, _FRAME_THIRD = "应能该可以先边退重宜逢凡有违谁", "尽早促带代养定兴护换补强后边还轻则必谁"

_UNDERTAKING = "(?:工程|行动|计划|战略|战役|会战|活动|专项)"
# No sentence is taken for a name.
_TITLE = "[^\\W的了是在我你他她它们吗呢吧]"

# A pattern can match where a word begins with one of these characters; of most, the next one must be right, too.
_ALONE = "省市县区州旗盟镇乡村师派驻"
_FIRST, _SECOND = (
    "地自特新高经开兵街社国全中团共纪党政第",
    "区治新开发团道家务国央共省市县州旗青委府协一二三四五六七八九十百0123456789",
)
_COUNTING = "大个届"

# What is no part of a name that is not made of known fields; and verbs, of which a name would be the object.
_NO_NAME = "的了在是对向由将把被为等并各该其与及或就都也已再又要会局厅府委院"
_NO_NAME_WORD = (
    "成立|设立|组建|建立|召开|举行|举办|承办|主办|要求|决定|下设|印发|调整|充实|加入|参加|出席|撤销|牵头|担任|分管|支持|指导|帮助|听取"
    "|明确|根据|按照|选举|报请|经过|主持|批准|同意|参与|健全|开展|加强|推进|落实|做好|抓好|部署|传达"
    "|授权|审议|通过|围绕|组织|深入|聚焦|学习|贯彻|宣布|发布|收看|观看|播出|接见|莅临|讲话|参观|喜迎|结束|开幕|闭幕"
)
_NAME = f"(?:(?!{_NO_NAME_WORD})[^\\W\\d_A-Za-z{_NO_NAME}]){{2,14}}"
_REGION = (
    "[京津沪渝冀晋辽吉黑苏浙皖闽赣鲁豫鄂湘粤桂琼川贵云陕甘青宁新藏昆广深港珠澳郑西成兰合福厦杭甬温武九哈大沈石太济徐连蓉宝包银"
    "拉林南张呼柳衡湛]"
)
# What is known by its end: what comes before the end, and the end.
_BY_END = (
    (
        f"(?:{_LEVEL}|国务院)(?!和){_NAME}",
        "(?:(?:工作)?(?:领导小组|协调小组|专班)|(?:工作|专项|前线|联合)?指挥部|联席会议|委员会)(?:办公室|办)?",
    ),
    (
        f"(?:全[国省市县区州旗乡镇军党]|全系统|全地区|中央|国务院|[省市县区]委|[省市县](?!长|领导)){_NAME}",
        (
            "(?:(?:工作|电视电话|视频)会议|座谈会|大会"
            "|(?:动员|推进|现场|部署|调度|交流|观摩|通报|恳谈|分析|协调|联席|发布|启动)会|论坛)"
        ),
    ),
    (f"{_REGION}{{2,3}}", "(?:高铁|铁路|高速公路|高速|客专|客运专线|城际铁路|复线|国道|运河|输气管道)"),
)
# The last two characters of each.
_LAST_BUT_ONE, _LAST = (
    "小专挥会员公组部谈大进场高铁客复国运管署度流摩报析调席布动论",
    "组班部议会室办铁路速专线道河坛",
)
_LONGEST = 30

# What is too definite to stand alone makes one word with the word before it, if that is long enough to be a field
# (产业转型攻坚战) and holds no verb of which it would be the object (推进综合治理). 改革, 制度, 建设 and the like are
# not here: in marked sentences, after a known formulation, these three were 4 times part of what was marked and 19
# times not.
_HEADS = (
    "攻坚战 保卫战 歼灭战 阻击战 持久战 翻身仗 专项斗争 综合治理 体制改革 制度改革 引导基金 产业集群 执法检查组"
    " 普及率 覆盖率 入户率 参保率 就业率 合格率 达标率 签约服务 示范创建 提升行动 攻坚行动"
    " 先行示范区 先行区 示范区 试验区 实验区"
)
_HEAD = re.compile(f"{_any_of(_HEADS)}(?![自效能])")  # 提升行动自觉
_HEAD_FIRST = "".join({head[0] for head in _HEADS.split()})
_HEAD_SECOND = "".join({head[1] for head in _HEADS.split()})
_LONGEST_FIELD = 8  # characters
_FIELD_BEFORE = re.compile(
    f"(?:(?!{_NO_NAME_WORD}|实施|打赢|打好|深化|加快|全面|实行|建设|创建|打造|持续|启动|专项|建立|坚决|实现|提高|确保|强化"
    f"|促进|推动|推行|争创|扎实|进一步|认真|严格|大力|积极|联合|集中|一批|首批|部分|我们|他们|今年|去年|明年|同时"
    f"|一系列|全方位|大幅度|坚持|百分之|千方百计|标本兼治|兼顾|共管)"
    f"[^\\W\\d_A-Za-z{_NO_NAME}]){{3,{_LONGEST_FIELD}}}"
)

# After an office, a surname and one or two syllables that the dictionary does not hold together are a person. Surnames
# that are as often other words (于, 任, 应, 高, 严) are left out, and so is what begins like a verb of speeches.
_OFFICES = (
    "书记|市长|县长|区长|省长|州长|镇长|乡长|村长|盟长|旗长|厅长|局长|部长|主任|主席|院长|校长|会长|队长|组长|处长|科长"
    "|所长|察长|委员|总理|秘书|同志|常委|专员|司长|行长"
)
_SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙朱胡郭何罗宋郑谢韩唐冯邓曹彭潘袁董蒋蔡杜薛阎傅吕沈卢魏姚丁贾叶姜崔邹郝谭廖熊秦侯孟汤尹"
    "贺龚钱戴莫孔邵洪邱范钟贡赖苏翁覃韦阮柳庞樊殷耿聂焦俞齐梅童葛霍骆倪岳蓝甘祁詹欧梁"
)
_PERSON = re.compile(
    f"(?<={_OFFICES})[{_SURNAMES}]"
    "(?!强调|表示|主持|指出|要求|同志|先生|女士|书记|主任|讲话|出席|某|省长|市长|县长|局长|部长|家|氏|州|山|村|庄|寨|方)"
    f"[^\\W\\d_A-Za-z{_NO_NAME}在]{{1,2}}"
)


# What `_candidates` looks at: of each character the sum of what it can be.
_BEGINS, _BEGINS_TWO, _SECOND_OF_TWO, _NUMBER, _COUNTS, _ENDS_BUT_ONE, _ENDS = (1 << bit for bit in range(7))
_SURNAME, _HEADS_FIRST, _HEADS_SECOND, _FRAMES_FIRST, _FRAMES_THIRD = (1 << bit for bit in range(7, 12))


class Joins:
    """The patterns, made once: that takes some milliseconds."""

    def __init__(self) -> None:
        self._forward = re.compile(f"{_MEETING}|{_ORGAN}|{_FORMULA}", re.VERBOSE)
        self._quoted = re.compile(f"[“「『]((?:{_TITLE}|[+＋·]){{3,10}})[”」』](?={_LABEL})")
        # A name that says itself what it is: “三百工程” (three hundreds).
        self._named = re.compile(f"[“「『]([{_NUMERAL}百千万]{_TITLE}{{0,6}}{_UNDERTAKING})[”」』]")
        self._by_end = re.compile("|".join(f"(?:{rest}{end})" for rest, end in _BY_END))
        kinds: dict[str, int] = {}
        for bit, characters in (
            *((_BEGINS, _ALONE), (_BEGINS_TWO, _FIRST), (_SECOND_OF_TWO, _SECOND), (_NUMBER, _NUMERAL)),
            *((_COUNTS, _COUNTING), (_ENDS_BUT_ONE, _LAST_BUT_ONE), (_ENDS, _LAST), (_SURNAME, _SURNAMES)),
            *((_HEADS_FIRST, _HEAD_FIRST), (_HEADS_SECOND, _HEAD_SECOND)),
            *((_FRAMES_FIRST, _FRAME_FIRST), (_FRAMES_THIRD, _FRAME_THIRD)),
        ):
            for character in characters:
                kinds[character] = kinds.get(character, 0) | bit
        self._kinds = table({kind: [one for one in kinds if kinds[one] == kind] for kind in set(kinds.values())})

    def find(self, text: str, begins: Flags, has: Callable[[str], bool]) -> list[Span]:
        """Return start and end of what is one word, in order and without overlaps.

        `begins` tells of each character of the text, which is in Simplified, whether a word begins with it, and `has`
        whether the dictionary has a word.
        """
        # Of what overlaps, the one that begins first is taken, and of these the longest.
        found = sorted(self._candidates(text, begins, has), key=lambda span: (span[0], -span[1]))
        spans: list[Span] = []
        done = 0
        for start, end in found:
            if start >= done:
                spans.append((start, end))
                done = end
        return spans

    def _candidates(self, text: str, begins: Flags, has: Callable[[str], bool]) -> Iterator[Span]:
        size = len(text)
        kinds = np.zeros(size + 3, dtype=self._kinds.dtype)
        kinds[:size] = self._kinds[codes(text)]
        first, second, third, fourth = kinds[:size], kinds[1 : size + 1], kinds[2 : size + 2], kinds[3:]
        starts = first & _BEGINS > 0
        starts |= (first & _BEGINS_TWO > 0) & (second & _SECOND_OF_TWO > 0)
        counted = (second & _COUNTS > 0) | ((third | fourth) & (_NUMBER | _COUNTS) > 0)
        starts |= (first & _NUMBER > 0) & counted
        yield from _whole_words(self._forward, text, begins, starts)
        ends = (first & _ENDS_BUT_ONE > 0) & (second & _ENDS > 0)
        ends[:-2] &= begins[2:]
        for last in ends.nonzero()[0].tolist():
            end = last + 2
            if end > size:
                continue
            earliest = max(end - _LONGEST, 0)
            for start in (begins[earliest:last].nonzero()[0] + earliest).tolist():
                if self._by_end.fullmatch(text, start, end):
                    yield start, end
                    break
        heads = begins & (first & _HEADS_FIRST > 0) & (second & _HEADS_SECOND > 0)
        for start in heads.nonzero()[0].tolist():
            head = _HEAD.match(text, start)
            earliest = max(start - _LONGEST_FIELD, 0)
            before = begins[earliest:start].nonzero()[0]
            if head and len(before) and (head.end() == size or begins[head.end()]):
                place = earliest + int(before[-1])
                if _FIELD_BEFORE.fullmatch(text, place, start):
                    yield place, head.end()
        framed = (first & _FRAMES_FIRST > 0) & ((third | fourth) & _FRAMES_THIRD > 0)
        for start, end in _whole_words(_FRAME, text, begins, framed):
            # 以来强力 is of the same shape as 以评促建.
            if not (has(text[start : start + 2]) and has(text[start + 2 : end])):
                yield start, end
        surname = first & _SURNAME > 0
        surname[:-1] &= begins[1:]
        yield from _whole_words(_PERSON, text, begins, surname)
        for quoted in (self._quoted, self._named):
            for found in quoted.finditer(text):
                yield found.span(1)


def _whole_words(pattern: re.Pattern[str], text: str, begins: Flags, starts: Flags) -> Iterator[Span]:
    """Yield the longest match at each of these places where a word begins that ends where one does."""
    for start in (begins & starts).nonzero()[0].tolist():
        found = pattern.match(text, start)
        while found and found.end() < len(text) and not begins[found.end()]:
            found = pattern.match(text, start, found.end() - 1)
        if found:
            yield found.span()


@cache
def joins() -> Joins:
    """Return the patterns."""
    return Joins()
